/** What it promises of a container, kept from here on and broken before. */
import { rootWithBusybox } from '../../test/busybox.ts'
import type { Candidate, Promised } from '../../test/promised.ts'
import { stepbox } from '../../test/stepbox.ts'

export const promises: Promised[] = [
  {
    promise: 'what it wrote becomes an image that runs again',
    see: secondLife,
    kept: 'written once\n',
    broken: "stepbox: 'commit' comes in chapter 5; this is chapter 4.*",
  },
]

async function secondLife({ number }: Candidate): Promise<string> {
  const root = await rootWithBusybox()
  const chapter = ['--chapter', String(number)]
  const run = [...chapter, 'run', '--name', 'first', 'busybox', 'sh', '-c']
  await stepbox([...run, 'echo written once > /note'], { root })
  const commit = await stepbox([...chapter, 'commit', 'first', 'noted'], { root })
  if (commit.code !== 0) return commit.err
  return (await stepbox([...chapter, 'run', '--rm', 'noted', 'cat', '/note'], { root })).out
}
