/** Tests. The log as the native program writes it: its records, its files, its end. */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { closeInherited, privateMounts } from '../../runtime/01-namespaces/namespaces.ts'
import { processIds } from '../../runtime/01-namespaces/namespaces.ts'
import { channels, standardStreams } from '../../runtime/03-pivot-root/streams.ts'
import { openLog, type Log } from '../../runtime/06-lifecycle/log.ts'
import { readLog } from '../../runtime/06-lifecycle/logs/read.ts'
import type { LogRecord } from '../../runtime/06-lifecycle/logs/record.ts'
import type { Step } from '../../runtime/step.ts'
import { begin, carryOut, statusOf, steps } from '../../test/carry-out.ts'
import { needs, scratch } from '../../test/scratch.ts'

/** A list that logs what `script` writes. */
function logging(log: Log, script: string, before: Step[] = []): Step[] {
  const path = `PATH=${process.env['PATH'] ?? ''}`
  return [
    ...[...closeInherited(), ...before, ...openLog(log), ...channels({}), ...processIds()],
    ...[...standardStreams({}), ...steps(['execvpe', 'sh', ['sh', '-c', script], [path]])],
  ]
}

/** Carry it out with a log in a directory of its own. */
async function logged(context: TestContext, script: string, more: Partial<Log> = {}) {
  needs(context, 'root')
  const path = join(scratch(), 'log')
  const { out, err, exitCode } = await carryOut(
    logging({ path, maxBytes: 0, files: 1, ...more }, script),
  )
  expect(exitCode).toBe(0)
  return { path, out, err, text: readFileSync(path, 'utf8') }
}

async function recordsIn(path: string): Promise<LogRecord[]> {
  const all: LogRecord[] = []
  for await (const some of readLog(path, {})) all.push(...some)
  return all
}

async function bytesIn(path: string): Promise<Buffer> {
  return Buffer.concat((await recordsIn(path)).map(({ bytes }) => bytes))
}

const time = /"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{0,8}[1-9])?Z"/g

describe('a record', () => {
  test('is a line of JSON, with the stream and the time', async (context) => {
    const { text, out, err } = await logged(context, 'echo one; printf two')
    expect(text.replace(time, 'T')).toBe(
      '{"log":"one\\n","stream":"stdout","time":T}\n{"log":"two","stream":"stdout","time":T}\n',
    )
    expect([out, err]).toEqual(['one\ntwo', ''])
    const errors = await logged(context, 'echo three >&2')
    expect(errors.text.replace(time, 'T')).toBe('{"log":"three\\n","stream":"stderr","time":T}\n')
  })

  test('has the attributes that were asked for', async (context) => {
    const { text } = await logged(context, 'echo one', { attributes: '{"app":"web"}' })
    expect(text.replace(time, 'T')).toBe(
      '{"log":"one\\n","stream":"stdout","attrs":{"app":"web"},"time":T}\n',
    )
  })

  test("has Docker's escapes, and \\udcXX for a byte that is not UTF-8", async (context) => {
    const script = String.raw`printf 'a"b\\c\t<&>\r\001\033\177\303\251\342\200\250\360\237\230\200'
      printf '\377\300\200\355\240\200\000'`
    const { text } = await logged(context, script)
    const [, log] = /^\{"log":"(.*)","stream"/.exec(text) ?? []
    expect(log).toBe(
      String.raw`a\"b\\c\u0009\u003c\u0026\u003e\r\u0001\u001b` +
        '\x7fé\\u2028😀' +
        String.raw`\udcff\udcc0\udc80\udced\udca0\udc80\u0000`,
    )
  })

  test('holds 16 KiB at most; those of one line have one time', async (context) => {
    const { path } = await logged(context, "head -c 40000 /dev/zero | tr '\\0' x; echo; echo next")
    const records = await recordsIn(path)
    expect(records.map(({ bytes }) => bytes.length)).toEqual([16384, 16384, 7233, 5])
    expect(new Set(records.slice(0, 3).map((record) => record.time)).size).toBe(1)
  })
})

describe('what comes back', () => {
  test('is the same byte for byte: 1 MB in a line, binary, without a newline', async (context) => {
    needs(context, 'root')
    const wanted = Buffer.concat([
      Buffer.alloc(2 ** 20, 'é'),
      Buffer.from('\n💀'),
      randomBytes(300_000),
    ])
    const file = join(scratch(), 'wanted')
    writeFileSync(file, wanted)
    const { path, out } = await logged(context, `cat ${file}`)
    expect((await bytesIn(path)).equals(wanted)).toBe(true)
    expect(Buffer.from(out, 'latin1').equals(wanted)).toBe(true)
  })

  test('lacks only a record that a crash has cut', async (context) => {
    needs(context, 'root')
    const path = join(scratch(), 'log')
    const whole = '{"log":"one\\n","stream":"stdout","time":"2026-01-01T00:00:00Z"}\n'
    writeFileSync(path, `${whole}{"log":"tw`)
    const plan = logging({ path, maxBytes: 0, files: 1 }, 'echo three')
    expect(await carryOut(plan)).toMatchObject({ exitCode: 0 })
    expect((await bytesIn(path)).toString()).toBe('one\nthree\n')
  })
})

describe('a log with a bound', () => {
  const script = 'i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo $i; done'
  const numbers = (from: number) => Array.from({ length: 101 - from }, (_, at) => from + at)

  test('is kept in so many files, none much larger than asked', async (context) => {
    const { path } = await logged(context, script, { maxBytes: 1000, files: 3 })
    expect(readdirSync(join(path, '..')).sort()).toEqual(['log', 'log.1', 'log.2'])
    for (const name of ['log.1', 'log.2']) {
      const { size } = statSync(join(path, '..', name))
      expect(size).toBeGreaterThanOrEqual(1000)
      expect(size).toBeLessThan(1100)
    }
    const kept = (await bytesIn(path)).toString().trim().split('\n').map(Number)
    expect(kept).toEqual(numbers(kept[0] ?? 0))
    expect(kept.length).toBeGreaterThan(28)
  })

  test('begins anew where there is one file', async (context) => {
    const { path } = await logged(context, script, { maxBytes: 1000 })
    expect(readdirSync(join(path, '..'))).toEqual(['log'])
    const kept = (await bytesIn(path)).toString().trim().split('\n').map(Number)
    expect(kept).toEqual(numbers(kept[0] ?? 0))
    expect(kept.length).toBeLessThan(16)
  })
})

/** A line of a script: wait until the log has `text`. */
const awaited = (path: string, text: string) =>
  `until grep -q ${text} ${path}; do sleep 0.01; done`

describe('a full disk', () => {
  test('ends the log after a whole record, and says so; the container goes on', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const path = join(dir, 'log')
    const disk = steps(['mount', 'disk', dir, 'tmpfs', [], 'size=64k'])
    const before = [...steps(['unshare', ['CLONE_NEWNS']]), ...privateMounts(), ...disk]
    const many = 'i=0; while [ $i -lt 1500 ]; do i=$((i+1)); echo $i; done'
    const script = `${many}; tail -n 1 ${path}; echo end`
    const ended = await carryOut(logging({ path, maxBytes: 0, files: 1 }, script, before))
    expect(ended).toMatchObject({ exitCode: 0, unlogged: 'ENOSPC' })
    const lines = ended.out.trimEnd().split('\n')
    const numbers = Array.from({ length: 1500 }, (_, at) => String(at + 1))
    expect(lines.slice(0, 1500)).toEqual(numbers)
    expect(lines.slice(1500).map((line) => line.replace(time, 'T'))).toEqual([
      expect.stringMatching(/^\{"log":"\d+\\n","stream":"stdout","time":T\}$/),
      'end',
    ])
  })

  test('is written to again when there is room, and stays known to have a gap', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const path = join(dir, 'log')
    const disk = steps(['mount', 'disk', dir, 'tmpfs', [], 'size=64k'])
    const before = [...steps(['unshare', ['CLONE_NEWNS']]), ...privateMounts(), ...disk]
    const fill = `head -c 65536 /dev/zero > ${dir}/rest 2> /dev/null`
    const much = "head -c 200000 /dev/zero | tr '\\0' x; echo" // more than a pipe holds
    const script = `echo one; ${awaited(path, 'one')}; ${fill}; ${much}; rm ${dir}/rest
      until grep -q again ${path}; do echo again; sleep 0.01; done; cat ${path} >&2`
    const ended = await carryOut(logging({ path, maxBytes: 0, files: 1 }, script, before))
    expect(ended).toMatchObject({ exitCode: 0, unlogged: 'ENOSPC' })
    const words = ended.err.split('\n').filter(Boolean).map((line) => JSON.parse(line).log)
    expect([words[0], words.includes('again\n')]).toEqual(['one\n', true])
    expect(words.join('').length).toBeLessThan(200_000)
  })
})

test('a container that writes as fast as it can waits; no memory grows', async (context) => {
  needs(context, 'root')
  const log = { path: join(scratch(), 'log'), maxBytes: 1_000_000, files: 2 }
  const script = "head -c 20000000 /dev/zero | tr '\\0' x; echo done >&2; read line"
  const stdio: ['pipe', 'ignore', 'pipe'] = ['pipe', 'ignore', 'pipe']
  const streams = { hasInput: true, isJoined: false }
  const path = `PATH=${process.env['PATH'] ?? ''}`
  const plan = [
    ...[...closeInherited(), ...openLog(log), ...channels({ streams }), ...processIds()],
    ...standardStreams({ streams }),
    ...steps(['execvpe', 'sh', ['sh', '-c', script], [path]]),
  ]
  const begun = begin(plan, { stdio })
  while (!begun.said.err.includes('done')) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(parseInt(statusOf(begun.launched.pid, 'VmHWM'))).toBeLessThan(1500)
  begun.launched.process.stdin?.end('\n')
  expect(await begun.launched.outcome).toMatchObject({ exitCode: 0 })
})
