/** Tests. A class is graded, unattended, whatever the submissions are. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test, type TestContext, vi } from 'vitest'
import { rowsUpTo, type ChapterEntry } from '../../runtime/chapter.ts'
import type { ChapterLab } from '../../runtime/chapter-lab.ts'
import { chapters } from '../../chapters/table.ts'
import { lookAtCgroups } from '../../runtime/02-cgroups/cgroups.ts'
import { answerFilesOf, folderOf, starterOf } from '../../runtime/lab/course.ts'
import type { Answers } from '../../runtime/lab/bundle.ts'
import type { Grade } from '../../runtime/lab/grade/format.ts'
import { deviceTrees } from '../../runtime/lab/leftovers.ts'
import { sourceOf } from '../../runtime/lab/sources.ts'
import { rootWithBusybox } from '../busybox.ts'
import { needs, scratch } from '../scratch.ts'
import { start, stepbox } from '../stepbox.ts'
import { taught } from './proof.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const entry = taught.find(({ slug }) => slug === 'pivot-root') as ChapterEntry
const chapter = ['--chapter', String(entry.number), '--no-vm']

/** What is said first where version 1 has no tree for devices. */
const devices = 'no control group denies devices here: a policy and a filter of system calls do'
const warned = deviceTrees().length > 0 ? '' : `stepbox: ${devices}\n`

interface Class {
  root: string
  /** Where the submissions are. */
  dir: string
  out: string
  lab: ChapterLab
  solution: Answers
  starter: Answers
  hand: (name: string, answers: Answers) => void
}

async function aClass(context: TestContext): Promise<Class> {
  needs(context, 'root')
  const rows = await rowsUpTo(chapters, entry.number)
  const lab = (await rows.at(-1)?.lab?.()) as ChapterLab
  const [dir, out] = [scratch(), join(scratch(), 'grades')]
  const hand = (name: string, answers: Answers) => {
    for (const [path, text] of Object.entries(answers)) {
      mkdirSync(dirname(join(dir, name, path)), { recursive: true })
      writeFileSync(join(dir, name, path), text)
    }
  }
  const solution = Object.fromEntries(answerFilesOf(lab).map((path) => [path, sourceOf(path)]))
  const both = { solution, starter: await starterOf(lab) }
  return { root: await rootWithBusybox(), dir, out, lab, ...both, hand }
}

function readGrade(out: string): Grade {
  return JSON.parse(readFileSync(join(out, 'grade.json'), 'utf8')) as Grade
}

/** Without what is different each time. */
function withoutTimes(grade: Grade): Grade {
  const submissions = grade.submissions.map((each) => {
    const tests = each.tests.map((test) => ({ ...test, ms: 0 }))
    return { ...each, ms: 0, graded: '', tests }
  })
  return { ...grade, submissions }
}

/** Wait for a state of the disk that another process makes; the test's own time limits it. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setTimeout(5)
}

/** The control groups of the workers of a grader. */
function groupsOf(pid: number | undefined): string[] {
  return lookAtCgroups().hierarchies.flatMap(({ mount }) =>
    readdirSync(mount).filter((name) => name.startsWith(`stepbox-grade-${pid}-`)),
  )
}

describe('lab grade', () => {
  test('gives the solution all points and the starter none', async (context) => {
    const { root, dir, out, lab, solution, starter, hand } = await aClass(context)
    const [first = ''] = answerFilesOf(lab)
    const checks = `${folderOf(entry)}/lab/checks.ts`
    const forged = [{ name: 'forger', score: 10 }]
    const report = JSON.stringify({ stepbox: 'grade', submissions: forged })
    hand('solution', solution)
    hand('starter', starter)
    hand('nothing', { 'notes.txt': 'I was ill\n' })
    hand('forger', {
      ...starter,
      [checks]:
        'import { expect } from "vitest"\nexpect(true).toBe(true)\nexport const checks = []\n',
      'grade.json': report,
      'package.json': '{"scripts": {"test": "true"}}',
    })
    hand('broken', { ...starter, [first]: 'export const = {{{\n' })
    mkdirSync(join(dir, 'linked', dirname(first)), { recursive: true })
    symlinkSync(join(dir, 'solution', first), join(dir, 'linked', first))
    const { code, err } = await stepbox(['lab', 'grade', ...chapter, '-o', out, dir], { root })
    expect([code, err]).toEqual([1, warned])
    const { submissions } = readGrade(out)
    const points = lab.checks.reduce((sum, check) => sum + check.points, 0)
    const scores = submissions.map(({ name, score, max, status }) => [name, score, max, status])
    expect(scores).toEqual([
      ['broken', 0, points, 'fail'],
      ['forger', 0, points, 'fail'],
      ['linked', 0, points, 'fail'],
      ['nothing', 0, points, 'fail'],
      ['solution', points, points, 'pass'],
      ['starter', 0, points, 'fail'],
    ])
    expect(submissions[2]?.files[0]).toMatchObject({ path: first, state: 'refused' })
    const [one] = submissions[0]?.tests.filter(({ status }) => status === 'fail') ?? []
    expect(one?.output).toContain('expected')
    const files = ['.stepbox-grades', 'grade.json', 'submissions', 'summary.csv', 'summary.html']
    expect(readdirSync(out).sort()).toEqual(files)
  }, 120_000)

  test('goes on where it was killed, and gives the same result again', async (context) => {
    const { root, dir, out, starter, hand } = await aClass(context)
    for (const name of ['a', 'b']) hand(name, starter)
    const args = ['lab', 'grade', ...chapter, '-o', out, '-j', '1', dir]
    const killed = start(args, { root })
    const first = join(out, 'submissions/a.json')
    await until(() => existsSync(first) || killed.process.exitCode !== null)
    killed.process.kill('SIGKILL')
    await killed.ended
    expect(existsSync(join(out, 'grade.json'))).toBe(false)
    const [kept] = (JSON.parse(readFileSync(first, 'utf8')) as Grade).submissions
    expect((await stepbox(args, { root })).code).toBe(1)
    expect(groupsOf(killed.process.pid)).toEqual([])
    const grade = readGrade(out)
    expect(grade.submissions.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(grade.submissions[0]).toEqual(kept)
    await stepbox([...args, '--again'], { root })
    const again = readGrade(out)
    expect(withoutTimes(again)).toEqual(withoutTimes(grade))
    expect(again.submissions[0]?.graded).not.toBe(kept?.graded)
  }, 120_000)

  test('ends a submission that hangs when its time is over', async (context) => {
    const { root, dir, out, lab, starter, hand } = await aClass(context)
    const [first = ''] = answerFilesOf(lab)
    hand('hangs', { ...starter, [first]: 'for (;;) {}\n' })
    const args = ['lab', 'grade', ...chapter, '-o', out, '--timeout', '2', join(dir, 'hangs')]
    expect((await stepbox(args, { root })).code).toBe(1)
    const [only] = readGrade(out).submissions
    const causes = new Set(only?.tests.map(({ status, cause }) => `${status}: ${cause}`))
    expect([...causes]).toContain('fail: not judged: the 2 seconds for all tests were over')
    expect(only?.tests.map(({ id }) => id)).toHaveLength(lab.checks.length)
  }, 60_000)

  test('leaves nothing after Ctrl-C', async (context) => {
    const { root, dir, out, lab, starter, hand } = await aClass(context)
    const [first = ''] = answerFilesOf(lab)
    hand('hangs', { ...starter, [first]: 'for (;;) {}\n' })
    const begun = start(['lab', 'grade', ...chapter, '-o', out, join(dir, 'hangs')], { root })
    const { pid } = begun.process
    await until(() => groupsOf(pid).length > 0)
    begun.process.kill('SIGINT')
    const { code, out: said, err } = await begun.ended
    expect([code, said, err]).toEqual([
      130,
      '',
      `${warned}stepbox: it was stopped; the same command goes on from here\n`,
    ])
    expect(groupsOf(pid)).toEqual([])
    expect(readdirSync(join(root, 'tmp'))).toEqual([])
    expect(readdirSync(out)).toEqual(['.stepbox-grades'])
  }, 60_000)

  test('refuses what it cannot grade, with 2, before it writes anything', async (context) => {
    const { root, dir, out, starter, hand } = await aClass(context)
    mkdirSync(join(dir, 'alice'))
    const graded = (...args: string[]) => stepbox(['lab', 'grade', '-o', out, ...args], { root })
    const wrong = await graded(...chapter, dir)
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('has an answer file: ')])
    hand('alice', starter)
    const err = expect.stringContaining('--chapter N')
    expect(await graded(dir)).toMatchObject({ code: 2, err })
    const unknown = await graded(...chapter, '--export', 'xls', dir)
    expect(unknown.code).toBe(2)
    expect(unknown.err).toContain("no export 'xls'; have")
    expect(existsSync(out)).toBe(false)
    const foreign = await stepbox(['lab', 'grade', ...chapter, '-o', dir, dir], { root })
    expect([foreign.code, foreign.err]).toEqual([2, expect.stringContaining('no folder of grades')])
  })
})
