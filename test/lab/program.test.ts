/** Tests. A program in any language is judged like a learner's list, by what it does. */
import { copyFileSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test, type TestContext, vi } from 'vitest'
import { judge, type Verdict } from '../../runtime/lab/judge.ts'
import { programSubject } from '../../runtime/lab/program.ts'
import type { Workshop } from '../../runtime/lab/subject.ts'
import { speaker } from '../../runtime/sentence.ts'
import { runProgram } from '../../runtime/vm/program.ts'
import { rootWithBusybox, unpacked } from '../busybox.ts'
import { needs, onPath, scratch } from '../scratch.ts'
import { stepbox } from '../stepbox.ts'
import { courseOf } from './proof.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const foreign = (name: string) => join(import.meta.dirname, 'foreign', name)

async function compiled(context: TestContext, ...flags: string[]): Promise<string> {
  needs(context, 'root', 'overlay', 'musl-gcc')
  const made = join(scratch(), 'contain')
  const strict = ['-Wall', '-Wextra', '-Werror', ...flags]
  const argv = ['musl-gcc', '-static', ...strict, '-o', made, foreign('contain.c')]
  const { exitCode, err } = await runProgram(argv)
  expect([exitCode, err]).toEqual([0, ''])
  return made
}

/** bubblewrap with its libraries and its loader, beside the script that starts it. */
async function bubblewrap(context: TestContext): Promise<string> {
  needs(context, 'root', 'overlay', 'bwrap', 'ldd')
  const dir = scratch()
  const { out } = await runProgram(['ldd', onPath('bwrap') ?? ''])
  for (const [path = ''] of out.toString().matchAll(/\/\S+/g)) {
    const name = basename(path)
    copyFileSync(path, join(dir, name.startsWith('ld-') ? 'ld.so' : name))
  }
  copyFileSync(onPath('bwrap') ?? '', join(dir, 'bwrap'))
  copyFileSync(foreign('bwrap.sh'), join(dir, 'bwrap.sh'))
  return join(dir, 'bwrap.sh')
}

/** The verdicts of the checks `wanted`, or of all that look from outside. */
async function verdictsOn(path: string, number: number, wanted?: string[]): Promise<Verdict[]> {
  const root = await rootWithBusybox()
  const layers = await unpacked(root)
  const { chapter, lab, workshop } = await courseOf({ number } as never, { root, layers })
  const isWanted = (id: string) => wanted?.includes(id) ?? true
  const checks = lab.checks.filter(({ id, isBlackBox }) => isBlackBox && isWanted(id))
  if (wanted) expect(checks.map(({ id }) => id).sort()).toEqual([...wanted].sort())
  const subject = programSubject(workshop, path)
  const verdicts: Verdict[] = []
  for await (const each of judge({ chapter, lab: { ...lab, checks }, subject, lacking: new Map() }))
    verdicts.push(each)
  return verdicts
}

async function workshopOf(number: number): Promise<Workshop> {
  const root = await rootWithBusybox()
  const layers = await unpacked(root)
  return (await courseOf({ number } as never, { root, layers })).workshop
}

const notPassed = (verdicts: Verdict[]) =>
  verdicts
    .filter(({ status }) => status !== 'pass')
    .map(({ id, finding, reason }) => [id, finding ? plain(finding.saw) : (reason ?? '')])

const plain = speaker('en', [])

describe('a program in C that knows nothing of Stepbox', () => {
  for (const number of [1, 2, 3, 4, 6])
    test(`passes every check of chapter ${number} that looks from outside`, async (context) => {
      const verdicts = await verdictsOn(await compiled(context), number)
      expect(notPassed(verdicts)).toEqual([])
      expect(verdicts.length).toBeGreaterThan(1)
    })

  const mistakes = [
    [1, '-DBROKEN', '01/own-proc', /^\d+ numbers$/],
    [2, '-DNO_SWAP_LIMIT', '02/memory-limited', /^the limit with swap is max$/],
    [3, '-DCHROOT', '03/nothing-above', /^it ends in the machine's root, which has /],
    [6, '-DDEAF', '06/passed-on', /^the shell went on, and ended with exit code 0$/],
  ] as const
  for (const [number, flag, id, saw] of mistakes)
    test(`with the mistake ${flag} fails ${id}, and is told why`, async (context) => {
      const failed = notPassed(await verdictsOn(await compiled(context, flag), number))
      expect(failed).toContainEqual([id, expect.stringMatching(saw)])
    })
})

test('exit codes are passed on; 125, 126 and 127 are as in Docker', async (context) => {
  const { start } = programSubject(await workshopOf(1), await compiled(context))
  const codeOf = async (flags: string[], ...argv: string[]) => {
    const { ended, remove } = await start({ flags, argv })
    const code = await ended
    await remove()
    return code
  }
  expect(await codeOf([], 'sh', '-c', 'exit 200')).toBe(200)
  expect(await codeOf(['--unknown', 'x'], 'true')).toBe(125)
  expect(await codeOf([], '/etc')).toBe(126)
  expect(await codeOf([], 'nowhere')).toBe(127)
})

test('bubblewrap exchanges the root, and has no flag to mount a sysfs', async (context) => {
  const failed = notPassed(await verdictsOn(await bubblewrap(context), 3))
  expect(failed).toEqual([['03/sys-read-only', 'nothing is mounted on /sys, or it is no sysfs']])
})

test('a shell script is a program too, and fails where it does nothing', async (context) => {
  needs(context, 'root', 'overlay')
  const verdicts = await verdictsOn(foreign('nothing.sh'), 1, ['own-proc', 'process-one'])
  expect(verdicts.map(({ status }) => status)).toEqual(['fail', 'fail'])
})

test('where a machine cannot be made, nothing is left of it', async (context) => {
  needs(context, 'root', 'overlay')
  const workshop = await workshopOf(1)
  const { start } = programSubject(workshop, foreign('nothing.sh'))
  const tmp = join(workshop.root, 'tmp')
  const before = readdirSync(tmp)
  await expect(start({ flags: [], argv: ['sh\0'] })).rejects.toThrow('a NUL byte')
  expect(readdirSync(tmp)).toEqual(before)
})

describe('lab test --program', () => {
  const nothing = foreign('nothing.sh')
  const lab = async (args: string[], env: Record<string, string> = {}) =>
    stepbox(['lab', 'test', ...args], { root: await rootWithBusybox(), env })

  test('with --sandbox says first where it judges, and fails if a check does', async (context) => {
    needs(context, 'root', 'overlay')
    const { code, out } = await lab(['1', '-t', 'own-proc', '--program', nothing, '--sandbox'])
    expect(out).toMatch(/^judged in a sandbox on this machine, by what the container does\n/)
    expect(out).toMatch(/\n0 passed, 1 failed; 0 of 1 points\n$/)
    expect(code).toBe(1)
  })

  test('gives the same as JSON', async (context) => {
    needs(context, 'root', 'overlay')
    const asked = ['1', '-t', 'own-proc', '--program', nothing, '--sandbox', '--format', 'json']
    const { code, out } = await lab(asked)
    const [check] = JSON.parse(out).checks
    expect(check).toMatchObject({ id: '01/own-proc', status: 'fail' })
    expect(JSON.parse(out)).toMatchObject({ version: 1, where: 'sandbox' })
    expect(code).toBe(1)
  })

  test('without QEMU runs nothing, says why, and names --sandbox', async () => {
    const { code, out, err } = await lab(['1', '--program', nothing], { PATH: scratch() })
    expect(err).toMatch(/^stepbox: no virtual machine to judge it in: no qemu-system-x86_64 here /)
    expect(err).toContain('\nstepbox: --sandbox judges it on this machine, where it is root')
    expect([code, out]).toEqual([3, ''])
  })

  test('does the same where QEMU ends before its machine is ready', async (context) => {
    needs(context, 'native', 'root', 'qemu-system-x86_64')
    const bin = scratch()
    const words = 'case $1 in --version) echo version 9.0;; *) echo no memory >&2; exit 1;; esac'
    writeFileSync(join(bin, 'qemu-system-x86_64'), `#!/bin/sh\n${words}\n`, { mode: 0o755 })
    const env = { PATH: `${bin}:${process.env['PATH']}`, STEPBOX_ACCELERATOR: 'tcg' }
    const { code, out, err } = await lab(['1', '--program', nothing], env)
    expect(err).toMatch(/^stepbox: no virtual machine to judge it in: no memory\n.* --sandbox /)
    expect([code, out]).toEqual([3, ''])
  })

  test.each([
    [['5', '--program', nothing], /^stepbox: no check of chapter \d+ looks from outside\n/],
    [['1', '-t', 'x', '--program', nothing], /no such check from outside; have: nothing-leaks, /],
    [['1', '--program', import.meta.dirname], / that can be executed\n/],
  ])('of %j says what is wrong with it', async (args, said) => {
    const { code, err } = await lab(args)
    expect(err).toMatch(said)
    expect(code).toBe(2)
  })
})
