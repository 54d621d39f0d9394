/**
 * Tests. The order of the files: those that take minutes begin one after another among the others.
 * By vitest's order, the largest file first, a small one that takes five minutes would begin last.
 */
import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longest, as the end of a whole run lists them. */
const longest = [
  'test/kills/kills.test.ts',
  'test/texts.test.ts',
  'test/lab/course.test.ts',
  'test/power.test.ts',
  'chapters/07-exec/cp-race.test.ts',
  'test/book-recordings.test.ts',
  'test/fuzz/fuzz.test.ts',
  'test/imaginary-chapter.test.ts',
]

/** How many others come between two of them. */
const between = 20

export class SpreadSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const pathOf = ({ moduleId }: TestSpecification) => relative(this.ctx.config.root, moduleId)
    const isLong = (file: TestSpecification) => longest.includes(pathOf(file))
    const others = (await super.sort(files)).filter((file) => !isLong(file))
    const long = files.filter(isLong)
    const rank = (file: TestSpecification) => longest.indexOf(pathOf(file))
    const mixed = long
      .sort((a, b) => rank(a) - rank(b))
      .flatMap((file) => [file, ...others.splice(0, between)])
    return [...mixed, ...others]
  }
}
