/** Tests. A client hears the last word, whatever it has said itself that nobody has read. */
import { expect, onTestFinished, test } from 'vitest'
import { statFields } from '../../runtime/process.ts'
import { tryRead } from '../../runtime/files.ts'
import { until } from '../../test/detached.ts'
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
