/** Tests. The native program and its command: what goes in, how it ends. */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import type { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { fromBytes, toBytes } from '../runtime/bytes.ts'
import { encode } from '../runtime/encode.ts'
import { closeInherited } from '../runtime/01-namespaces/namespaces.ts'
import { launch, nativePath } from '../runtime/native.ts'
import { bare, begin, carryOut, contained, linkOf, statusOf, steps, until } from './carry-out.ts'
import { needs, scratch } from './scratch.ts'

describe('the end of the command', () => {
  test('every exit status from 0 to 255 is its own', async (context) => {
    needs(context, 'root')
    for (let status = 0; status < 256; status += 8) {
      const eight = Array.from({ length: 8 }, (_, at) => status + at)
      const outcomes = await Promise.all(
        eight.map((each) => launch(bare(['sh', '-c', `exit ${each}`])).outcome),
      )
      expect(outcomes).toEqual(eight.map((exitCode) => ({ exitCode })))
    }
  })

  test('a signal that ends it is 128 + its number, and has its name', async (context) => {
    needs(context, 'root')
    const ending = [
      'SIGHUP',
      'SIGINT',
      'SIGABRT',
      'SIGKILL',
      'SIGSEGV',
      'SIGPIPE',
      'SIGTERM',
    ] as const
    for (const signal of ending) {
      const number = constants.signals[signal]
      const outcome = await launch(bare(['sh', '-c', `ulimit -c 0; kill -${number} $$`])).outcome
      expect(outcome).toEqual({ exitCode: 128 + number, signal })
    }
    const realTime = await launch(bare(['sh', '-c', 'kill -40 $$'])).outcome
    expect(realTime).toEqual({ exitCode: 168, signal: 'SIGRTMIN+6' })
  })

  test('a status of 128 + n that the command gave itself is no signal', async (context) => {
    needs(context, 'root')
    expect(await launch(bare(['sh', '-c', 'exit 137'])).outcome).toEqual({ exitCode: 137 })
  })

  test('a command that is not there differs from one that cannot be executed', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const end = async (...argv: string[]) => {
      const { exitCode, failure } = await launch(bare(argv, [`PATH=${dir}:/usr/bin:/bin`])).outcome
      return [exitCode, failure?.index, failure?.errno]
    }
    spawnSync(
      'sh',
      ['-c', 'echo not a program > garbage; chmod +x garbage; touch plain; mkdir d'],
      {
        cwd: dir,
      },
    )
    expect(await end('no-such-command')).toEqual([125, 1, 'ENOENT'])
    expect(await end(`${dir}/no-such-file`)).toEqual([125, 1, 'ENOENT'])
    expect(await end('')).toEqual([125, 1, 'ENOENT'])
    expect(await end('plain')).toEqual([125, 1, 'EACCES'])
    expect(await end('d')).toEqual([125, 1, 'EACCES'])
    expect(await end('garbage')).toEqual([125, 1, 'ENOEXEC'])
  })
})

describe('what the command is given', () => {
  test('arguments arrive byte for byte', async (context) => {
    needs(context, 'root')
    const all = Buffer.from(Array.from({ length: 255 }, (_, at) => at + 1))
    const odd = ['', ' ', 'a b', '"\'$HOME`*', 'two\nlines\t', '-n', 'é漢🎈', fromBytes(all), '']
    const { out } = await carryOut(bare(['sh', '-c', 'cat /proc/$$/cmdline', ...odd]))
    const expected = odd.map((each) => Buffer.concat([toBytes(each), Buffer.of(0)]))
    const seen = Buffer.from(out, 'latin1')
    expect(seen.subarray(seen.length - Buffer.concat(expected).length)).toEqual(
      Buffer.concat(expected),
    )
  })

  test("the environment is the plan's and nothing else", async (context) => {
    needs(context, 'root')
    const env = [
      'PATH=/usr/bin:/bin',
      'EMPTY=',
      'ODD=a=b\n"',
      'no equals sign',
      `X=${fromBytes(Buffer.of(255))}`,
    ]
    const { out } = await carryOut(bare(['cat', '/proc/self/environ'], env))
    const bytes = Buffer.concat(env.map((each) => Buffer.concat([toBytes(each), Buffer.of(0)])))
    expect(Buffer.from(out, 'latin1')).toEqual(bytes)
  })

  test('the first PATH of the plan decides where a command is looked for', async (context) => {
    needs(context, 'root')
    const none = await launch(bare(['true'], ['PATH=/proc', 'PATH=/usr/bin:/bin'])).outcome
    expect(none.failure?.errno).toBe('ENOENT')
    const second = await launch(bare(['true'], ['PATH=/proc:/usr/bin:/bin'])).outcome
    expect(second.exitCode).toBe(0)
  })

  test('no descriptor above 2, whatever was open before', async (context) => {
    needs(context, 'root')
    const secret = openSync('/etc/passwd', 'r')
    const stdio = ['pipe', 'ignore', 'inherit', 'pipe', secret, secret, 'ignore', secret] as const
    const child = spawn(nativePath, [], { stdio: [...stdio] })
    closeSync(secret)
    const control = child.stdio[3] as Writable
    control.write(encode([...closeInherited(), ...bare(['cat'])]))
    const command = await childOf(child.pid ?? 0)
    await until(
      () => linkOf(`/proc/${command}/exe`).endsWith('/cat'),
      () => 'cat',
    )
    const open = () => readdirSync(`/proc/${command}/fd`).join()
    await until(() => open() === '0,1,2', open) // its loader has a library open for a moment
    child.stdin?.end()
    await new Promise((resolve) => child.on('close', resolve))
  })

  test('no signal is blocked or ignored when it starts', async (context) => {
    needs(context, 'root')
    const { out } = await carryOut(bare(['grep', '-E', 'Sig(Blk|Ign)', '/proc/self/status']))
    expect(out.trim().split(/\s+/)).toEqual(['SigBlk:', '0'.repeat(16), 'SigIgn:', '0'.repeat(16)])
  })

  test('what stands in standard input before its end is read to the end', async (context) => {
    needs(context, 'root')
    const input = 'x'.repeat(300_000)
    expect((await carryOut(bare(['cat']), { input })).out).toBe(input)
  })
})

describe("the program's own file", () => {
  test('cannot be written from inside: before the command it is sealed memory', async (context) => {
    needs(context, 'root')
    const digest = digestOf(nativePath)
    const { launched, reported } = begin(contained(['true']), { mode: 'step' })
    for (let step = 0; step < 2; step++) launched.goAhead()
    const inside = (await reported(1)).result
    expect(linkOf(`/proc/${inside}/exe`)).toBe('/memfd:stepbox (deleted)')
    const kept = openSync(`/proc/${inside}/exe`, 'r')
    expect(() => openSync(`/proc/${inside}/exe`, 'r+')).toThrow('ETXTBSY')
    launched.abandon()
    await launched.outcome
    const writable = openSync(`/proc/self/fd/${kept}`, 'r+') // nobody executes it any more
    expect(() => writeSync(writable, 'malware')).toThrow('EPERM')
    closeSync(writable)
    closeSync(kept)
    expect(digestOf(nativePath)).toBe(digest)
  })
})

describe('large plans', () => {
  test('a plan of fifty thousand steps is carried out', async (context) => {
    needs(context, 'root')
    const many = Array.from({ length: 50_000 }, () => steps(['umask', 0o22])).flat()
    const launched = launch([...many, ...bare(['true'])])
    expect(await launched.outcome).toEqual({ exitCode: 0 })
  })

  test('arguments beyond what the kernel takes are E2BIG, not cut', async (context) => {
    needs(context, 'root')
    const long = await launch(bare(['true', 'x'.repeat(131_072)])).outcome
    expect(long.failure).toMatchObject({ index: 1, errno: 'E2BIG' })
    const fits = await carryOut(bare(['sh', '-c', 'echo ${#0}', 'x'.repeat(131_071)]))
    expect(fits.out).toBe('131071\n')
  })
})

/** The one child of `pid`, once there is one. */
async function childOf(pid: number): Promise<number> {
  let child = ''
  const children = () => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  await until(
    () => (child = children().trim()) !== '',
    () => `a child of ${pid}`,
  )
  expect(statusOf(Number(child), 'PPid')).toBe(String(pid))
  return Number(child)
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}
