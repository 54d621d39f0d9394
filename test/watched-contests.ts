/** Benchmark. Starts that are watched, and starts that nobody watches. */
import { join } from 'node:path'
import { $ } from 'zx'
import { resolve } from '../runtime/05-commit/store/store.ts'
import { execute, program, rootIn, runTrue, start, type Contest } from './contests.ts'

/** What it costs to watch a start, and what it costs those who do not that one could. */
export async function* watched(dir: string): AsyncGenerator<Contest> {
  const root = await rootIn(dir, 'start')
  const image = resolve(root, 'busybox')
  yield {
    what: 'start, traced',
    ours: () => start(root, image, { isTraced: true }),
    theirs: [{ name: 'start', run: () => start(root, image) }],
    budget: 1.1,
  }
  const args = ['--root', root, ...runTrue]
  const [command = '', ...words] = runTrue
  const traced = ['--root', root, command, '--trace', ...words]
  const run = () => execute(program, ...args)
  yield {
    what: 'stepbox run --trace, cold',
    ours: () => execute(program, ...traced),
    theirs: [{ name: 'stepbox run', run }],
    budget: 1.1,
  }
  const other = join(dir, 'unwatched')
  await $`node ${join(import.meta.dirname, 'unwatched.mjs')} ${other} ${args}`
  yield {
    what: 'stepbox run, not watched',
    ours: run,
    theirs: [
      { name: 'without that side', run: () => execute(join(other, 'dist/stepbox.cjs'), ...args) },
    ],
    budget: 1.05,
  }
}
