/** Tests. The native program and its plan: what it refuses, where it stops, what it reports. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { encode } from '../runtime/encode.ts'
import { processIds } from '../runtime/01-namespaces/namespaces.ts'
import { launch, nativePath, perform, StepError } from '../runtime/native.ts'
import type { Call } from '../runtime/calls.ts'
import { bare, begin, carryOut, contained, statusOf, steps } from './carry-out.ts'
import { needs, scratch } from './scratch.ts'

/** What the native program says to bytes that are followed by nothing. */
function say(bytes: Buffer | string): Promise<string> {
  const child = spawn(nativePath, [], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] })
  const control = child.stdio[3] as Duplex
  let said = ''
  control.on('data', (chunk: Buffer) => (said += chunk.toString()))
  control.on('error', () => {}) // ignoring: it may stop before it has read everything
  control.end(bytes)
  return new Promise((resolve) => child.on('close', () => resolve(said)))
}

/** A good plan, bent by `bend` in its text; its header's count of bytes follows. */
function bent(call: Call, bend: (body: string) => string): string {
  const [header = '', ...rest] = encode(steps(call)).toString('latin1').split('\n')
  const body = bend(rest.join('\n'))
  return `${header.replace(/\d+$/, String(body.length))}\n${body}`
}

describe('a plan that is none is refused before its first call', () => {
  test('truncated at any byte', async (context) => {
    needs(context, 'root')
    const made = join(scratch(), 'made')
    const bytes = encode(steps(['mkdir', made, 0o755], ['umask', 0o22]))
    for (let length = 1; length < bytes.length; length += 3) {
      expect(await say(bytes.subarray(0, length))).toMatch(
        /^refused (not a plan|truncated plan): .*\n$/,
      )
      expect(existsSync(made)).toBe(false)
    }
    expect(await say(bytes)).toBe('')
    expect(existsSync(made)).toBe(true)
  })

  test('headers of another form', async (context) => {
    needs(context, 'root')
    const wrong = [
      'stepbox 2 run 0 0',
      'stepbox 1 walk 0 0',
      'stepbox 1 run -1 0',
      'stepbox 1 run 0 0 0',
    ]
    for (const header of [
      ...wrong,
      'stepbox 1 run 0x1 9',
      'stepbox  1 run 0 0',
      'GET / HTTP/1.1',
      '',
    ])
      expect(await say(`${header}\n`)).toBe(`refused not a plan: ${header}\n`)
    expect(await say('\n'.padStart(500, 'x'))).toMatch(/^refused not a plan: x+\n$/)
    expect(await say('\xff\x00\x1b[2J\n')).toMatch(/^refused not a plan: [ -~]*\n$/)
  })

  test('more bytes or steps than any plan has', async (context) => {
    needs(context, 'root')
    for (const sizes of ['1 99999999999', '9 16', '1 18446744073709551615'])
      expect(await say(`stepbox 1 run ${sizes}\n`)).toBe(
        `refused plan too large: stepbox 1 run ${sizes}\n`,
      )
    const data = new Uint8Array(2 ** 28)
    expect(() => launch(steps(['pwrite', 0, data, 0]))).toThrow('a plan may have 268435456 bytes')
  })

  test('calls, flags and errnos that it does not know', async (context) => {
    needs(context, 'root')
    const mkdir: Call = ['mkdir', join(scratch(), 'made'), 0o755]
    const of = (call: Call, from: string, to: string) =>
      say(bent(call, (body) => body.replace(from, to)))
    expect(await of(mkdir, '6:cmkdir', '6:crmdri')).toBe('refused unknown call: rmdri\n')
    expect(await of(mkdir, '1:i,', '7:iEAGAIN,')).toBe('refused unknown errno: EAGAIN\n')
    expect(await of(['unshare', ['CLONE_NEWNS']], 'NEWNS', 'NEWXX')).toBe(
      'refused unknown flag: CLONE_NEWXX\n',
    )
    const mount: Call = ['mount', 'a', 'b', null, ['MS_REC', 'MS_BIND'], null]
    expect(await of(mount, 'MS_REC|', 'MS_REC|')).toMatch(/^failed 0 /)
    expect(await of(mount, 'MS_REC|', '|MS_REC')).toMatch(/^refused unknown flag: /)
  })

  test('arguments of another kind, number or form', async (context) => {
    needs(context, 'root')
    const made = join(scratch(), 'made')
    const of = (from: string, to: string) =>
      say(bent(['mkdir', made, 0o755], (body) => body.replace(from, to)))
    expect(await of('4:n493,', '4:s493,')).toBe('refused wrong kind of argument: mkdir\n')
    expect(await of('4:n493,', '1:0,')).toBe('refused wrong kind of argument: mkdir\n')
    expect(await of('4:n493,', '4:n49x,')).toBe('refused not a number: 49x\n')
    expect(await of('4:n493,', '1:n,')).toBe('refused not a number: \n')
    expect(await of('4:n493,', '')).toMatch('refused malformed plan: ')
    expect(await of('4:n493,', '4:n493,4:n493,')).toMatch(
      'refused bytes after the last step: ',
    )
    expect(await of('4:n493,', '5:n493,')).toMatch('refused malformed plan: ')
    expect(await of('4:n493,', '99999999999999999999:n493,')).toMatch('refused malformed plan: ')
    expect(await of('made', 'ma\0e')).toMatch(/^refused NUL byte in text: .*\/ma\n$/)
    expect(existsSync(made)).toBe(false)
  })

  test('lists with fewer items than they say', async (context) => {
    needs(context, 'root')
    const plan = (count: string) =>
      bent(['execvpe', 'true', ['true'], []], (body) => body.replace('2:l1,', count))
    expect(await say(plan('2:l2,'))).toBe('refused malformed list: execvpe\n')
    expect(await say(plan('3:l-1,'))).toBe('refused malformed list: execvpe\n')
    expect(await say(plan('11:l1000000000,'))).toBe('refused malformed list: execvpe\n')
  })

  test('a NUL byte in an argument throws before anything is started', () => {
    expect(() => launch(bare(['echo', 'a\0b']))).toThrow(RangeError)
  })
})

describe('the first failure', () => {
  test('is reported by its place and errno, and nothing after it is done', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const plan = steps(
      ['mkdir', join(dir, 'first'), 0o755],
      ['mkdir', join(dir, 'no/where'), 0o755],
      ['mkdir', join(dir, 'last'), 0o755],
    )
    const { failure, exitCode } = await launch(plan).outcome
    expect({ exitCode, ...failure }).toMatchObject({
      exitCode: 125,
      index: 1,
      result: -1,
      errno: 'ENOENT',
    })
    expect(['first', 'last'].map((name) => existsSync(join(dir, name)))).toEqual([true, false])
    const error = await perform(plan.slice(1)).catch((each: unknown) => each)
    expect(error).toBeInstanceOf(StepError)
    const path = join(dir, 'no/where')
    expect((error as StepError).message).toBe(
      `mkdir("${path}", 0755) = ENOENT\n  step 1 of 2`,
    )
  })

  test('is found behind the fork too', async (context) => {
    needs(context, 'root')
    const plan = [...steps(['fork'], ['chdir', '/no/where']), ...bare(['true']).slice(1)]
    for (const mode of ['run', 'trace'] as const) {
      const { failure, exitCode, signal } = await launch(plan, { mode }).outcome
      expect([exitCode, signal, failure?.index, failure?.errno]).toEqual([
        125,
        undefined,
        1,
        'ENOENT',
      ])
    }
  })

  test('is not an errno that the step ignores', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const again = { ...steps(['mkdir', dir, 0o755])[0]!, ignoring: 'EEXIST' as const }
    const { launched, heard } = begin([again], { mode: 'trace' })
    launched.end()
    expect(await launched.outcome).toEqual({ exitCode: 0 })
    expect(await heard).toMatchObject([{ index: 0, errno: 'EEXIST', failed: false }])
    const other = launch([{ ...again, ignoring: 'ENOENT' }])
    const failure = { index: 0, errno: 'EEXIST', failed: true, pid: other.pid }
    expect((await other.outcome).failure).toMatchObject(failure)
  })
})

describe('reports', () => {
  test('trace tells each step, in the order of the plan, across the fork', async (context) => {
    needs(context, 'root')
    const plan = [
      ...processIds(),
      ...steps(['umask', 0o27], ['umask', 0o22]),
      ...bare(['true']).slice(1),
    ]
    for (let times = 0; times < 20; times++) {
      const { reports, exitCode } = await carryOut(plan, { mode: 'trace' })
      expect(exitCode).toBe(0)
      expect(reports.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4])
      expect(reports.every(({ errno, nanoseconds }) => !errno && nanoseconds > 0)).toBe(true)
      expect(reports[4]?.result).toBe(0o27)
    }
  })

  test('trace holds the command back until all before it were told', async (context) => {
    needs(context, 'root')
    const made = join(scratch(), 'made')
    const plan = steps(['umask', 0o22], ['execvpe', 'touch', ['touch', made], ['PATH=/bin']])
    expect(await say(encode(plan, 'trace'))).toMatch(/^step 0 \d+ 0 \d+ 0\n$/)
    expect(existsSync(made)).toBe(false)
    expect(await carryOut(plan, { mode: 'trace' })).toMatchObject({ exitCode: 0 })
    expect(existsSync(made)).toBe(true)
  })

  test('without trace only the fork is told, with the id of the child', async (context) => {
    needs(context, 'root')
    const { reported, reports } = begin(contained(['cat']))
    const { result } = await reported(1)
    expect(statusOf(result, 'NSpid').split('\t')).toEqual([String(result), '1'])
    expect(reports).toHaveLength(1)
  })

  test('one program carries out several plans, one after the other', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const mkdir = (name: string) => steps(['mkdir', join(dir, name), 0o755])
    const { launched, heard } = begin(mkdir('a'))
    launched.send(mkdir('b'), 'trace')
    launched.send(mkdir('b'))
    launched.send(mkdir('c'))
    launched.end()
    expect((await launched.outcome).failure?.errno).toBe('EEXIST')
    expect(await heard).toHaveLength(2)
    expect(['a', 'b', 'c'].map((name) => existsSync(join(dir, name)))).toEqual([true, true, false])
  })
})

test('a plan without a command ends well where it ends, in the child too', async (context) => {
  needs(context, 'root')
  expect(await launch([...processIds(), ...steps(['umask', 0o22])]).outcome).toEqual({
    exitCode: 0,
  })
})
