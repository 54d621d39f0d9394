/** Tests. Standard output and error that cannot be written, are read slowly, or are not there. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { rootWithBusybox } from './busybox.ts'
import { hostileRecording } from './hostile-words.ts'
import { needs, scratch } from './scratch.ts'
import { paths, runtime } from './sources.ts'
import { program, stepbox } from './stepbox.ts'

/** Command lines that print something and change nothing. */
const lines = [
  ['--version'],
  ['help'],
  ['run', '--help'],
  ['images'],
  ['images', '--format', 'json'],
  ['ps', '-a'],
  ['stats', '--no-stream'],
  ['inspect', 'busybox'],
  ['history', 'busybox'],
  ['plan', 'busybox', 'true'],
  ['break', '--all'],
  ['reset', '--dry-run'],
]

/** Run `stepbox args…` with its output in `fd`. */
function writingTo(fd: number, args: string[], root: string) {
  const env = { ...process.env, STEPBOX_ROOT: root }
  const argv = [program, ...args]
  return spawnSync(process.execPath, argv, { env, stdio: ['ignore', fd, 'pipe'], encoding: 'utf8' })
}

/** A pipe: the descriptor to read from, and the one to write to. */
function pipe(flags = 0): [read: number, write: number] {
  const path = join(scratch(), 'pipe')
  execFileSync('mkfifo', [path])
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return [read, openSync(path, constants.O_WRONLY | flags)]
}

function withRecording(root: string): string[][] {
  const file = join(root, 'recording')
  writeFileSync(file, JSON.stringify(hostileRecording))
  return [...lines, ['replay', file]]
}

test('one module writes; others only where bytes are copied or a screen is drawn', () => {
  const write = /(?<!\.)\bprocess\.std(out|err)\b(?!\?)|console\.(log|error)/
  const commands = /^runtime\/cli\/(output|attach|terminal-screen|vm|vm-test)\.ts/
  const apart = /^runtime\/(setup\/|lab\/serve\.ts)/
  const writing = paths(runtime.filter(({ text }) => write.test(text)))
  const known = (path: string) => commands.test(path) || apart.test(path)
  expect(writing.filter((path) => !known(path))).toEqual([])
})

describe('output that cannot be written', () => {
  test('on a full disk, is one line that says so, whatever the command', async () => {
    const root = await rootWithBusybox()
    const full = openSync('/dev/full', 'w')
    for (const args of withRecording(root)) {
      const { status, stderr } = writingTo(full, args, root)
      const code = /^(run|plan|help|--version)$/.test(args[0] ?? '') ? 125 : 1
      const said = 'stepbox: cannot write: no space left on device\n'
      expect([args, status, stderr]).toEqual([args, code, said])
    }
    closeSync(full)
  }, 60_000)

  test('because nobody reads it, ends the command in silence, as SIGPIPE ends ls', async () => {
    const root = await rootWithBusybox()
    const [read, write] = pipe()
    closeSync(read)
    expect(spawnSync('ls', ['/'], { stdio: ['ignore', write, 'pipe'] }).signal).toBe('SIGPIPE')
    for (const args of withRecording(root)) {
      const { status, stderr } = writingTo(write, args, root)
      expect([args, status, stderr]).toEqual([args, 141, ''])
    }
    closeSync(write)
  }, 60_000)

  test('for the same reason on standard error, changes no exit code', async () => {
    const root = await rootWithBusybox()
    const [read, write] = pipe()
    closeSync(read)
    for (const fd of [write, openSync('/dev/full', 'w')]) {
      const argv = [program, 'inspect', 'nosuch']
      const stdio = ['ignore', 'pipe', fd] as const
      const env = { ...process.env, STEPBOX_ROOT: root }
      expect(spawnSync(process.execPath, argv, { env, stdio: [...stdio] }).status).toBe(1)
      closeSync(fd)
    }
  })
})

test.for([
  ['a pipe that is read slowly', 0],
  ['a pipe that somebody has made non-blocking', constants.O_NONBLOCK],
] as const)('all output arrives in %s', async ([, flags]) => {
  const root = await rootWithBusybox()
  const [read, write] = pipe(flags)
  const argv = [program, 'inspect', ...Array<string>(300).fill('busybox')]
  const env = { ...process.env, STEPBOX_ROOT: root }
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', write, 'inherit'] })
  closeSync(write)
  const ended = new Promise((resolve) => child.on('exit', resolve))
  const bytes = Buffer.alloc(1000)
  let text = ''
  for (let got = -1; got !== 0; await setImmediate())
    try {
      got = readSync(read, bytes)
      text += bytes.toString('latin1', 0, got)
    } catch (error) {
      expect(error).toMatchObject({ code: 'EAGAIN' })
    }
  closeSync(read)
  expect(text.length).toBeGreaterThan(2 ** 17)
  expect(JSON.parse(text)).toHaveLength(300)
  expect(await ended).toBe(0)
})

test('without descriptors 0 to 2, no file of a container becomes one of them', async (context) => {
  needs(context, 'root')
  const root = await rootWithBusybox()
  const closed = (args: string) =>
    spawnSync('sh', ['-c', `exec '${process.execPath}' '${program}' ${args} <&- >&- 2>&-`], {
      env: { ...process.env, STEPBOX_ROOT: root },
    }).status
  const script = '"echo out; echo err >&2; echo written > /file; ls -l /proc/self/fd > /fds"'
  expect(closed(`run --name box busybox sh -c ${script}`)).toBe(0)
  expect(closed('commit box made')).toBe(0)
  expect(closed('images')).toBe(0)
  expect(closed('rm box')).toBe(0)
  const { out } = await stepbox(['run', '--rm', 'made', 'cat', '/file', '/fds'], { root })
  expect(out).toMatch(/^written\n/)
  expect(out).not.toContain(root)
  expect(JSON.parse(readFileSync(join(root, 'index.json'), 'utf8')).manifests).toHaveLength(2)
})
