/** Tests. cp as a list: traced, stepped through, recorded, and with a line left out. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { program, stepbox } from '../../test/stepbox.ts'
import { openTerminal } from '../../test/tmux.ts'

/** A container that runs, one that was never started, and a directory with a file to copy. */
async function place(context: TestContext) {
  needs(context, 'root', 'overlay', 'openat2', 'mount-setattr')
  const [root, dir] = [await rootWithBusybox(), scratch()]
  writeFileSync(join(dir, 'new'), 'new\n')
  const typed = (line: string, input?: string) =>
    stepbox(line.split(' '), { root, cwd: dir, ...(input === undefined ? {} : { input }) })
  await typed('run -d --name lives busybox sleep 1000')
  await typed('create --name waits busybox true')
  return { dir, typed, at: (name: string) => join(dir, name) }
}

test('traced, a copy makes the calls of its list', async (context) => {
  const { typed, at } = await place(context)
  for (const words of ['new lives:/etc/here', 'new waits:/here', 'waits:/etc/passwd got']) {
    const plan = JSON.parse((await typed(`plan --format json cp ${words}`)).out)
    const list = (plan as { strace: string }[]).map(({ strace }) => strace)
    const { code, err } = await typed(`cp --trace ${words}`)
    const [traced = ''] = err.split('\n---')
    const lines = traced.split('\n').map((line) => line.replace(/^ *\d+ /, ''))
    expect(lines.map((line) => line.replace(/ = [^=]+ <[\d.]+>$/, ''))).toEqual(list)
    expect([code, /^\d+ calls in /m.test(err)]).toEqual([0, true])
  }
  expect(readFileSync(at('got'), 'utf8')).toContain('root:')
  for (const path of ['lives:/etc/here', 'waits:/here'])
    expect((await typed(`cp ${path} -`)).out).toContain('new\n')
})

test('stepped through, it stops before each call', async (context) => {
  const { typed, at } = await place(context)
  const copy = 'cp --step lives:/etc/passwd got'
  const left = await typed(copy, 'next\nto open\nto pwrite\nnext\nquit\n')
  expect([left.code, left.err.match(/^next \d+ \w+/gm)?.slice(-3)]).toEqual([
    125,
    [expect.stringMatching(/ open$/), 'next 12 pwrite', 'next 13 fchmod'],
  ])
  expect(readFileSync(at('got'), 'utf8')).toContain('root:')
  const whole = await typed(`${copy} --record walk`.replace('got', 'all'), 'continue\n')
  expect([whole.code, /^done \d+ 0 - \d+$/m.test(whole.err)]).toEqual([0, true])
  expect(statSync(at('all')).mtimeMs).toBe(0)
  expect((await typed('replay walk', '')).out).toContain('openat2')
})

test('on a terminal it says that what was copied stays', async (context) => {
  needs(context, 'root', 'overlay', 'openat2', 'mount-setattr', 'tmux')
  const root = await rootWithBusybox()
  await stepbox(['create', '--name', 'waits', 'busybox', 'true'], { root })
  const screen = openTerminal({ STEPBOX_ROOT: root })
  screen.line(`node ${program} cp --step waits:/etc/passwd ${scratch()}`)
  await screen.shows('q quit, keep the files')
  screen.keys('q')
}, 60_000)

test('a copy without one line prints the consequence, and has it', async (context) => {
  const { typed, at, dir } = await place(context)
  const without = async (words: string) => {
    const { code, err } = await typed(`cp --without ${words}`)
    return `${err.split('\n').slice(1).join('\n')}${code}`
  }
  const empty = '  the file has its name and nothing in it\n0'
  expect(await without('pwrite new lives:/etc/here')).toBe(empty)
  expect((await typed('exec lives cat /etc/here')).out).toBe('')
  expect(await without('pwrite lives:/etc/passwd got')).toBe(empty)
  expect(readFileSync(at('got'), 'utf8')).toBe('')
  expect(await without('pwrite new waits:/etc/here')).toBe(empty)
  const before = readdirSync(dir)
  const error = 'stepbox: unlink("elsewhere") = EROFS\n  step 10 of 15\n1'
  expect(await without('9 lives:/etc/passwd elsewhere')).toContain(error)
  expect([readdirSync(dir), existsSync('/elsewhere')]).toEqual([before, false])
})

test('what cannot be watched is said before anything is made', async (context) => {
  const { typed, at } = await place(context)
  const said = async (words: string) => {
    const { code, err } = await typed(`cp ${words}`)
    return `${err.split('\n')[0]} ${code}`
  }
  const isStream = "stepbox: a copy is watched between files and directories; '-' is a stream 125"
  expect(await said('--trace lives:/etc -')).toBe(isStream)
  expect(await said('--step - lives:/etc')).toBe(isStream)
  expect(await said('--without 99 new lives:/x')).toContain("no line or call '99' in the list")
  expect(await said('--trace lives:/none got')).toContain('no file or directory /none')
  writeFileSync(at('big'), Buffer.alloc(65 * 2 ** 20))
  expect(await said('--trace big lives:/x')).toContain('watched in memory: of at most 64 MB')
  expect((await typed('exec lives ls /x')).code).toBe(1)
})
