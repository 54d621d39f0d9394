/** Tests. How clients end: by their keys, with the container, by kill -9. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { statFields } from '../../runtime/process.ts'
import { tryRead } from '../../runtime/files.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runDetached, until } from '../../test/detached.ts'
import { needs } from '../../test/scratch.ts'
import { start, stepbox } from '../../test/stepbox.ts'
import { attached, echoing, type Client } from './clients.ts'

/** The process of a container's start sleeps until `wakes`. */
async function asleep(pid: number) {
  process.kill(pid, 'SIGSTOP')
  const wakes = () => {
    try {
      process.kill(pid, 'SIGCONT')
    } catch {
      // ignoring: it has ended
    }
  }
  onTestFinished(wakes)
  await until(() => statFields(pid)?.[3] === 'T')
  return wakes
}

/** Let a client pass a signal on, which the container ignores, and wait until it has done so. */
async function passesOn({ pid }: Client): Promise<void> {
  process.kill(pid, 'SIGUSR2')
  const isPending = () => !/^ShdPnd:\t0+$/m.test(tryRead(`/proc/${pid}/status`) ?? '')
  await until(() => !isPending())
  await until(() => statFields(pid)?.[3] === 'S') // it waits again
}

test('its keys let it go while a signal of it is on its way', async (context) => {
  const { box } = await echoing(context)
  const one = attached(box, 'q')
  one.type('1')
  await until(() => one.said() === '1')
  const wakes = await asleep(Number(statFields(box.state().init?.pid ?? 0)?.[4]))
  await passesOn(one)
  one.type('q')
  wakes()
  expect(await one.ended).toMatchObject({ exitCode: 0, isDetached: true })
})

const connects = 'socket(S, AF_UNIX, SOCK_SEQPACKET, 0) or die $!; '
const waits = 'connect(S, pack_sockaddr_un("attach")) or die $!; $| = 1; print "in\\n"; <STDIN>'

test('who connects and then hands nothing over holds nobody up', async (context) => {
  needs(context, 'perl')
  const { root, box } = await echoing(context, ['-i'])
  const silent = spawn('perl', ['-MSocket', '-e', connects + waits], { cwd: box.dir })
  onTestFinished(() => void silent.kill('SIGKILL'))
  await once(silent.stdout, 'data')
  const one = attached(box, '', false)
  one.type('x')
  await until(() => one.said() === 'x')
  expect(await stepbox(['stop', '-t', '0', 'box'], { root })).toMatchObject({ code: 0 })
  expect(await one.ended).toMatchObject({ exitCode: 137 })
})

test('kill -9 of the command line ends its client, and nothing else', async (context) => {
  const { root, box } = await echoing(context, ['-i'])
  const killed = start(['attach', 'box'], { root, input: 'x' })
  await killed.says('x')
  killed.process.kill('SIGKILL')
  await killed.ended // its client has ended, too: no process has its output open
  const other = attached(box, '', false)
  other.type('y')
  await until(() => other.said() === 'y')
  expect(box.state().status).toBe('running')
})

test('rm -f of the container ends all clients as its end does', async (context) => {
  const { root, box } = await echoing(context)
  const clients = [attached(box), attached(box), attached(box)]
  for (const each of clients) {
    each.type('.')
    await until(() => each.said().includes('.'))
  }
  expect(await stepbox(['rm', '-f', 'box'], { root })).toMatchObject({ code: 0, err: '' })
  for (const { ended } of clients) expect(await ended).toMatchObject({ exitCode: 137 })
  expect(readdirSync(join(root, 'containers'))).toEqual([])
})

test('a terminal without -i is shown, also to who has none, and takes no keys', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const script = 'while [ ! -e /go ]; do echo .; sleep 0.05; done; read -t 1 key; exit $((3 + $?))'
  await runDetached(root, ['-t', '--name', 'box'], script)
  const client = start(['attach', 'box'], { root, input: 'key\n' })
  await client.says('.')
  await stepbox(['exec', 'box', 'touch', '/go'], { root })
  expect(await client.ended).toMatchObject({ code: 4, err: '' })
})
