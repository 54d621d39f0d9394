/** Benchmark. What volumes cost: a start with ten of them, and the filling of a new one. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { $ } from 'zx'
import { execute, program, rootIn, type Contest } from './contests.ts'

export async function* volumes(dir: string): AsyncGenerator<Contest> {
  const root = await rootIn(dir, 'volumes')
  const run = ['--root', root, 'run', '--rm', '--network=none']
  const ours = (...words: string[]) => execute(program, ...run, ...words)
  const ten = Array.from({ length: 10 }, (_, at) => ['-v', `v${at}x:/v${at}`]).flat()
  yield {
    what: 'run with 10 volumes',
    ours: () => ours(...ten, 'busybox', 'true'),
    theirs: [{ name: 'stepbox run', run: () => ours('busybox', 'true') }],
    budget: 1.25,
  }
  const script = 'mkdir /d; cd /d; for d in $(seq 100); do mkdir $d; for f in $(seq 100); do'
  const files = `${script} dd if=/dev/urandom of=$d/$f bs=2k count=1 2>/dev/null; done; done`
  await $`${program} --root ${root} run --name=full busybox sh -c ${files}`
  await $`${program} --root ${root} commit full full`
  const printed = await $`${program} --root ${root} inspect full`.json<[{ id: string }]>()
  const from = join(root, 'containers', printed[0].id, 'upper/d')
  const to = join(root, 'copies')
  mkdirSync(to)
  let count = 0
  yield {
    what: 'fill a volume: 10,000 files',
    ours: () => ours('-v', `new${count++}:/d`, 'full', 'true'),
    theirs: [
      {
        name: 'cp -a, sync',
        run: () => execute('sh', '-c', 'cp -a $1 $2 && sync -f $2', '', from, `${to}/${count++}`),
      },
    ],
    budget: 3,
    share: 0.15,
  }
}
