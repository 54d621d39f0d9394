/** Processes and exit codes: process 1, its orphans and zombies, users, variables. */
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { explain } from '../../runtime/tools/explain/explain.ts'
import { linkOf, statusOf, until } from '../../test/carry-out.ts'
import { contain, saysOf } from './contain.ts'

describe('process 1', () => {
  test('takes everything with it when it ends, even what left its session', async (context) => {
    const script =
      "setsid sh -c 'trap : TERM HUP; echo ready; while :; do sleep 1000; done' & read line"
    const container = contain(context, script)
    await container.says('ready')
    const first = await container.first()
    await until(
      () => processesOf(first).length >= 3,
      () => `three of ${processesOf(first)}`,
    )
    const inside = processesOf(first)
    expect(await saysOf(container)).toBe('ready\n')
    expect(inside.filter((pid) => statusOf(pid, 'State') !== '')).toEqual([])
  })

  test('inherits the orphans, which stay zombies if it never waits', async (context) => {
    const orphan = 'until grep -q cat /proc/1/comm; do :; done; echo orphan'
    const container = contain(context, `(sh -c '${orphan}' &); exec cat`)
    await container.says('orphan')
    const first = await container.first()
    const children = () =>
      processesOf(first).filter((pid) => statusOf(pid, 'PPid') === String(first))
    const isZombie = () => children().some((pid) => statusOf(pid, 'State') === 'Z (zombie)')
    await until(isZombie, () => `a zombie among ${children()}`)
    expect(await saysOf(container)).toBe('orphan\n')
  })

  test('has no parent that it can see, and a session of its own', async (context) => {
    const container = contain(context, 'cut -d" " -f4,6,7 /proc/1/stat')
    expect(await saysOf(container)).toBe('0 1 0\n')
  })
})

describe('the end', () => {
  test('is the exit code of the command, whatever is left running', async (context) => {
    const container = contain(context, 'sleep 1000 & exit 42')
    expect(await container.launched.outcome).toEqual({ exitCode: 42 })
  })

  test('by a signal is 128 + n: root outside kills process 1 of the container', async (context) => {
    const container = contain(context, 'echo ready; read line')
    await container.says('ready')
    process.kill(await container.first(), 'SIGKILL')
    expect(await container.launched.outcome).toEqual({ exitCode: 137, signal: 'SIGKILL' })
  })

  test('is 127 for a command that is not there, 126 for one that cannot run', async (context) => {
    const codes = []
    for (const file of ['no-such-command', '/no/such/file', '/etc/passwd', '/etc']) {
      const { launched, list } = contain(context, '', { options: { argv: [file] } })
      const { failure } = await launched.outcome
      codes.push(failure && (await explain(list, failure)).exitCode)
    }
    expect(codes).toEqual([127, 127, 126, 126])
  })
})

describe('what the command is given', () => {
  test('root, or the user that was asked for, with no group besides', async (context) => {
    const before = [['setgroups', [4, 24]]] as [['setgroups', number[]]]
    const ask = 'id -u; id -g; id -G'
    const root = contain(context, ask, { before })
    expect(await saysOf(root)).toBe('0\n0\n0\n')
    const user = contain(context, ask, { before, options: { user: { uid: 1234, gid: 4321 } } })
    expect(await saysOf(user)).toBe('1234\n4321\n4321\n')
  })

  test('an ordinary user cannot become root again, nor rename the container', async (context) => {
    const script =
      'grep -E "^(Uid|Cap(Prm|Eff))" /proc/self/status; echo x > /proc/sys/kernel/hostname'
    const container = contain(context, script, { options: { user: { uid: 1000, gid: 1000 } } })
    const out = await saysOf(container)
    const none = '0'.repeat(16)
    expect(out).toBe(`Uid:\t1000\t1000\t1000\t1000\nCapPrm:\t${none}\nCapEff:\t${none}\n`)
    expect((await container.launched.outcome).exitCode).not.toBe(0)
  })

  test("the caller's umask is not the container's", async (context) => {
    const container = contain(context, 'umask', { before: [['umask', 0]] })
    expect(await saysOf(container)).toBe('0022\n')
  })

  test('the working directory that was asked for, or the step fails', async (context) => {
    const there = contain(context, 'pwd', { options: { cwd: '/usr/bin' } })
    expect(await saysOf(there)).toMatch(/\/bin\n$/)
    const nowhere = contain(context, 'pwd', { options: { cwd: '/no/where' } })
    expect((await nowhere.launched.outcome).failure).toMatchObject({ errno: 'ENOENT' })
  })

  test('its variables and no others', async (context) => {
    const container = contain(context, 'env -u PWD -u OLDPWD -u SHLVL -u _ env')
    expect(await saysOf(container)).toBe('PATH=/usr/sbin:/usr/bin:/sbin:/bin\n')
  })
})

/** The host's ids of all processes in the pid namespace of `first`. */
function processesOf(first: number): number[] {
  const own = linkOf(`/proc/${first}/ns/pid`)
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && linkOf(`/proc/${name}/ns/pid`) === own)
    .map(Number)
}
