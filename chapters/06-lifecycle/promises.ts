/** What it promises of a container, kept from here on and broken before. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { tryRead } from '../../runtime/files.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import type { Candidate, Promised } from '../../test/promised.ts'
import { start, stepbox } from '../../test/stepbox.ts'
import { orphan } from './orphan.ts'

export const promises: Promised[] = [
  {
    promise: 'it lives on when the command that started it is killed',
    see: afterItsCommand,
    kept: 'Exited \\(7\\).*',
    broken: 'Exited \\(137\\).*',
  },
  {
    promise: 'what it wrote can be read when it has ended',
    see: whatItWrote,
    kept: '\\{"log":"written once\\\\n","stream":"stdout","time":"[^"]+"\\}\n',
    broken: '',
  },
  {
    promise: 'an orphan that has ended is gone, whatever the command is',
    options: { hasInit: true },
    see: { inside: orphan },
    kept: 'reaped',
    broken: 'zombie',
  },
]

/** How a container ends whose command line is killed while it runs. */
async function afterItsCommand({ number }: Candidate): Promise<string> {
  const setting = { root: await rootWithBusybox(), env: { STEPBOX_CHAPTER: String(number) } }
  const say = async (...args: string[]) => (await stepbox(args, setting)).out.trim()
  const detach = number < 6 ? [] : ['-d']
  const words = ['sh', '-c', 'until [ -e /go ]; do sleep 0.01; done; exit 7']
  const command = start(['run', ...detach, '--name', 'it', 'busybox', ...words], setting)
  onTestFinished(async () => void (await stepbox(['rm', '-f', 'it'], setting)))
  let pid = ''
  while (!/^[1-9]/.test(pid)) pid = await say('inspect', '-f', '{{.State.Pid}}', 'it')
  if (detach.length > 0) await command.says('\n') // its id: until then it is the command's
  command.process.kill('SIGKILL')
  await command.ended
  try {
    writeFileSync(`/proc/${pid}/root/go`, '')
  } catch {
    // ignoring: it has ended, with the command
  }
  let status = 'Up'
  while (status.startsWith('Up')) status = await say('ps', '-a', '--format', '{{.Status}}')
  return status
}

async function whatItWrote({ number }: Candidate): Promise<string> {
  const root = await rootWithBusybox()
  const args = ['run', '--name', 'it', 'busybox', 'echo', 'written once']
  await stepbox(args, { root, env: { STEPBOX_CHAPTER: String(number) } })
  const [id = ''] = readdirSync(join(root, 'containers'))
  return tryRead(join(root, 'containers', id, `${id}-json.log`)) ?? ''
}
