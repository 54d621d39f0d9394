/** Benchmark. What further chapters cost those who do not use them. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { $ } from 'zx'
import { importBusybox } from '../runtime/05-commit/busybox-image.ts'
import { busyboxBinary } from '../runtime/setup/busybox.ts'
import type { Contest } from './contests.ts'
import { programWith } from './imagined.ts'
import { program } from './stepbox.ts'

/** A cold start with eleven imaginary chapters, against one without. */
export async function* growing(dir: string): AsyncGenerator<Contest> {
  const root = join(dir, 'growing')
  await importBusybox(root, busyboxBinary())
  const { copy, path } = programWith(11, root)
  const run = async (at: string) => {
    await $`${process.execPath} ${at} --root ${root} run --rm --network=none busybox true`
  }
  yield {
    what: 'with 11 more chapters',
    ours: () => run(path),
    theirs: [{ name: 'stepbox run', run: () => run(program) }],
    budget: 1.03,
  }
  rmSync(copy, { recursive: true, force: true })
}
