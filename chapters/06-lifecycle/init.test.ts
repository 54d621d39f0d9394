/** Tests. Process 1: zombies, signals without a handler, and what --init does about both. */
import { describe, expect, test, type TestContext } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runDetached } from '../../test/detached.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

/**
 * A process whose parent ends without waiting for it: process 1 has to. It ends when process 1 is
 * no longer the shell, which might wait for it.
 */
const orphan = '(while grep -q "^sh$" /proc/1/comm; do :; done & exec true); '
const states = "awk '{ print $3 }' /proc/[0-9]*/stat"

async function ran(context: TestContext, flags: string[], command: string[]) {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  return await stepbox(['run', '--rm', ...flags, 'busybox', ...command], { root })
}

describe('process 1', () => {
  test('leaves zombies that it does not wait for; with --init, none', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    for (const flags of [[], ['--init']]) {
      const box = await runDetached(root, flags, `${orphan}exec sleep 1000`)
      const join = ['run', '--rm', '--pid', `container:${box.id}`, 'busybox', 'sh', '-c', states]
      const seen = async () => {
        const { out } = await stepbox(join, { root })
        return out.split('\n').filter((state) => state === 'Z').length
      }
      while ((await seen()) !== (flags.length === 0 ? 1 : 0)) continue
    }
  })

  test('is ours with --init, and passes signals on and the exit code back', async (context) => {
    const pid = await ran(context, ['--init'], ['sh', '-c', 'echo $$ $PPID'])
    expect(pid).toMatchObject({ code: 0, out: '2 1\n' })
    expect(await ran(context, ['--init'], ['sh', '-c', 'exit 5'])).toMatchObject({ code: 5 })
    const killed = await ran(context, ['--init'], ['sh', '-c', 'kill -TERM $$'])
    expect(killed).toMatchObject({ code: 143 })
    const missing = await ran(context, ['--init'], ['nosuch'])
    expect(missing).toMatchObject({ code: 127 })
  })

  test('is left by the debugger, which looks at the command', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const run = ['run', '--rm', '--init', '--step', 'busybox', 'echo', 'hi']
    const input = 'to execvpe\ninspect\ncontinue\n'
    const { code, out, err } = await stepbox(run, { root, input })
    expect({ code, out }).toEqual({ code: 0, out: 'hi\n' })
    const state = JSON.parse(/^state (.*)$/m.exec(err)?.[1] ?? '{}') as { pidInside?: number }
    expect(state.pidInside).toBe(2)
  }, 60_000)

  test('hears no TERM without a handler; with --init its command does', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const [deaf, heard] = [
      await runDetached(root, [], 'exec sleep 1000'),
      await runDetached(root, ['--init'], 'exec sleep 1000'),
    ]
    for (const box of [deaf, heard]) process.kill(box.state().init?.pid ?? 0, 'SIGTERM')
    expect(await heard.settled()).toMatchObject({ exitCode: 143 })
    expect(deaf.state().status).toBe('running')
  })
})
