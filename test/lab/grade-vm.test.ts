/** Tests. Grading in a virtual machine gives the verdicts that it gives on this one. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test, type TestContext, vi } from 'vitest'
import { chapters } from '../../chapters/table.ts'
import type { Chapter, ChapterEntry } from '../../runtime/chapter.ts'
import { worker } from '../../runtime/cli/lab/grade-place.ts'
import { workersInVm } from '../../runtime/cli/lab/grade-vm.ts'
import { tryRead } from '../../runtime/files.ts'
import { answerFilesOf, starterOf } from '../../runtime/lab/course.ts'
import type { Grade } from '../../runtime/lab/grade/format.ts'
import { gradeAll, type GradeProgress, type Grading } from '../../runtime/lab/grade/grade.ts'
import { placeFor } from '../../runtime/lab/grade/place.ts'
import { gradeSpeaker } from '../../runtime/lab/grade/report.ts'
import { openGrades } from '../../runtime/lab/grade/results.ts'
import { findSubmissions } from '../../runtime/lab/grade/submissions.ts'
import { workersHere } from '../../runtime/lab/grade/workers.ts'
import { sourceOf } from '../../runtime/lab/sources.ts'
import { speaker } from '../../runtime/sentence.ts'
import { rootWithBusybox, unpacked } from '../busybox.ts'
import { needs, scratch } from '../scratch.ts'
import { answersWith, courseOf, samplesOf, taught } from './proof.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const entry = taught[0] as ChapterEntry

/** An emulated machine boots in about ten seconds, and needs as many for a submission. */
const patienceMs = 240_000

/** Two submissions, for two checks of the first chapter. */
async function aSmallClass(context: TestContext) {
  needs(context, 'root', 'qemu-system-x86_64')
  const [root, dir] = [await rootWithBusybox(), scratch()]
  const layers = await unpacked(root)
  const { rows, lab, chapter } = await courseOf(entry, { root, layers })
  const solution = answerFilesOf(lab).map((path) => [path, sourceOf(path)] as const)
  const [wrong] = samplesOf(entry, 'wrong').filter(({ name }) => name === 'empty-proc')
  const classes = { a: {}, b: wrong ? await answersWith(lab, wrong) : {} }
  for (const [name, more] of Object.entries(classes))
    for (const [path, text] of Object.entries({ ...Object.fromEntries(solution), ...more })) {
      mkdirSync(dirname(join(dir, name, path)), { recursive: true })
      writeFileSync(join(dir, name, path), text)
    }
  const checks = lab.checks.filter(({ id }) => ['own-proc', 'own-name'].includes(id))
  const grading = {
    ...{ chapter: chapter as Chapter, lab: { ...lab, checks }, language: 'en', jobs: 1 },
    ...{ submissions: findSubmissions([dir], answerFilesOf(lab)).submissions },
    ...{ starter: await starterOf(lab), say: await gradeSpeaker(rows, 'en') },
    ...{ milliseconds: 60_000, onProgress: () => {} },
  } satisfies Partial<Grading>
  const here = () => workersHere(root, worker, { layers, lacking: [] })
  const inVm = async () => {
    const workers = await workersInVm(chapters, () => {})
    onTestFinished(() => workers.close())
    return workers
  }
  const grade = async (more: Pick<Grading, 'workers'> & Partial<Grading>) =>
    gradeAll({ ...grading, grades: openGrades(join(scratch(), 'grades')), ...more })
  return { grade, here, inVm }
}

const verdicts = ({ submissions }: Grade) =>
  submissions.map(({ name, score, tests }) => {
    return { name, score, tests: tests.map(({ id, status, cause }) => [id, status, cause]) }
  })

/** The machines that this process has started. */
function machines(): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return all.map(Number).filter((pid) => {
    return tryRead(`/proc/${pid}/cmdline`)?.includes('qemu-system') && isBelow(pid, process.pid)
  })
}

function isBelow(pid: number, ancestor: number): boolean {
  const [, parent = 0] = /\) \w (\d+) /.exec(tryRead(`/proc/${pid}/stat`) ?? '') ?? []
  return Number(parent) === ancestor || (Number(parent) > 1 && isBelow(Number(parent), ancestor))
}

test('a submission has the same verdicts in a virtual machine as here', async (context) => {
  const { grade, here, inVm } = await aSmallClass(context)
  const [expected, workers] = [await grade({ workers: await here() }), await inVm()]
  const found = await grade({ workers })
  expect(verdicts(found)).toEqual(verdicts(expected))
  expect(found.submissions.map(({ name, status }) => [name, status])).toEqual([
    ['a', 'pass'],
    ['b', 'fail'],
  ])
  const places = [expected, found].map(({ submissions }) => submissions.map(({ where }) => where))
  expect(places).toEqual([
    [undefined, undefined],
    ['vm', 'vm'],
  ])
  expect(machines()).toHaveLength(1)
  await workers.close()
  expect(machines()).toEqual([])
}, patienceMs)

test('a machine that dies costs one submission its grade; another takes over', async (context) => {
  const { grade, inVm } = await aSmallClass(context)
  const onProgress = ({ now }: GradeProgress) => {
    if (now?.name === 'a') for (const pid of machines()) process.kill(pid, 'SIGKILL')
  }
  const { submissions } = await grade({ workers: await inVm(), onProgress })
  expect(submissions.map(({ name, status }) => [name, status])).toEqual([
    ['a', 'error'],
    ['b', 'fail'],
  ])
  expect(submissions[0]?.tests.at(-1)?.cause).toContain('the virtual machine ended: ')
}, patienceMs)

test('where no group denies devices, a virtual machine grades, unless it is refused', () => {
  const circumstances = { deniesDevices: false, isInVm: false, hasQemu: true }
  const at = (more: Partial<Parameters<typeof placeFor>[0]>) => {
    const { where, said } = placeFor({ ...circumstances, ...more })
    return [where, said && speaker('en', [])(said).split(':')[0]]
  }
  expect(at({})).toEqual(['vm', 'graded in a virtual machine'])
  expect(at({ wish: 'vm' })).toEqual(['vm', undefined])
  expect(at({ wish: 'here' })).toEqual(['here', 'no control group denies devices here'])
  expect(at({ hasQemu: false })).toEqual(['here', 'graded here, for there is no QEMU'])
  expect(at({ isInVm: true })).toEqual(['here', undefined])
  expect(at({ deniesDevices: true })).toEqual(['here', undefined])
  expect(at({ deniesDevices: true, wish: 'vm' })).toEqual(['vm', undefined])
})
