/** Tests. Grades of many machines become one: nobody is lost, and nothing is mixed up. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { toBytes } from '../../runtime/bytes.ts'
import { collectGrades } from '../../runtime/lab/emit/collect.ts'
import { gradeVersion, type Grade, type GradedSubmission } from '../../runtime/lab/grade/format.ts'
import { needs, scratch } from '../scratch.ts'
import { stepbox } from '../stepbox.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** The number of the chapter that is graded here. */
const third = 3

function submission(name: string, more: Partial<GradedSubmission> = {}): GradedSubmission {
  const test = { id: '03/a', exercise: 'planner', claim: 'a', needs: [], cause: '', output: '' }
  return {
    ...{ name, status: 'pass', score: 1, max: 1, answers: 'x', files: [], ms: 5 },
    tests: [{ ...test, status: 'pass', score: 1, max: 1, ms: 5 }],
    graded: '2026-11-28T10:00:00.000Z',
    ...more,
  }
}

/** Put a grade.json into `dir/place`. */
function put(dir: string, place: string, ...[submissions, more = {}]: [unknown, object?]): void {
  const whole = {
    ...{ stepbox: 'grade', version: gradeVersion, chapter: { number: third, slug: 'x' } },
    ...{ language: 'en', course: 'c0', submissions },
    ...more,
  }
  mkdirSync(join(dir, place), { recursive: true })
  writeFileSync(join(dir, place, 'grade.json'), JSON.stringify(whole))
}

const namesOf = ({ submissions }: Grade) => submissions.map(({ name }) => name)

test('files at any depth are merged, by name', () => {
  const dir = scratch()
  put(dir, '00001', [submission('zoe'), submission('ada')])
  put(dir, 'laptops/7', [submission('李雷')])
  const { grade, files } = collectGrades(dir, join(dir, 'class'))
  expect([namesOf(grade), files]).toEqual([['ada', 'zoe', '李雷'], 2])
})

test('the result of an earlier collection is not collected again', () => {
  const dir = scratch()
  put(dir, '0', [submission('ada')])
  put(dir, 'class', [submission('gone')])
  expect(namesOf(collectGrades(dir, join(dir, 'class')).grade)).toEqual(['ada'])
})

test('a submission that was to be graded and was not is an error, and is named', () => {
  const dir = scratch()
  put(dir, '0', [submission('ada')])
  writeFileSync(join(dir, 'submissions'), toBytes('ada\0bob\nby\0\udcff\0'))
  const { grade, missing } = collectGrades(dir, '')
  expect(missing).toEqual(['bob\\nby', '\\xff'])
  expect(grade.submissions.map(({ status }) => status)).toEqual(['error', 'pass', 'error'])
})

test('of two grades of one submission, the later counts, in whatever order they are read', () => {
  const later = submission('ada', { score: 0, graded: '2026-11-28T11:00:00.000Z' })
  for (const places of [['0', '1'], ['1', '0']] as const) {
    const dir = scratch()
    put(dir, places[0], [submission('ada')])
    put(dir, places[1], [later])
    const { grade, repeated } = collectGrades(dir, '')
    expect([grade.submissions, repeated]).toEqual([[later], ['ada']])
  }
})

test('grades by other checks, or of another chapter, are not mixed', () => {
  for (const more of [{ course: 'c1' }, { chapter: { number: third + 1, slug: 'y' } }]) {
    const dir = scratch()
    put(dir, '0', [submission('ada')])
    put(dir, '1', [submission('bob')], more)
    expect(() => collectGrades(dir, '')).toThrow(
      `0/grade.json and 1/grade.json differ in '${Object.keys(more)[0]}'`,
    )
  }
})

test.each([
  ['{"stepbox": "grade", "vers', 'is cut off'],
  ['null', "was not written by 'lab grade'"],
  ['{"stepbox": "lab"}', "was not written by 'lab grade'"],
  [JSON.stringify({ stepbox: 'grade', version: 99, submissions: [] }), 'has version 99'],
])('%s is refused, with the name of the file', (text, why) => {
  const dir = scratch()
  mkdirSync(join(dir, '00007'))
  writeFileSync(join(dir, '00007/grade.json'), text)
  expect(() => collectGrades(dir, '')).toThrow(why)
  expect(() => collectGrades(dir, '')).toThrow('00007/grade.json')
})

test('symbolic links are not followed, and nothing at all is an error', () => {
  const [dir, elsewhere] = [scratch(), scratch()]
  put(elsewhere, '0', [submission('forged')])
  symlinkSync(elsewhere, join(dir, 'link'))
  mkdirSync(join(dir, '1'))
  symlinkSync(join(elsewhere, '0/grade.json'), join(dir, '1/grade.json'))
  expect(() => collectGrades(dir, '')).toThrow('no grade.json below')
})

test('an emitted job grades submissions, and its collection names a lost one', async (context) => {
  needs(context, 'root', 'bash', 'overlay')
  const dir = scratch()
  const root = join(dir, 'data')
  for (const name of ["o'neil $(x)", 'lost'])
    await stepbox(['lab', 'start', String(third), join(dir, 'submissions', name)], { root })
  const file = 'runtime/03-pivot-root/root.ts'
  const reference = join(import.meta.dirname, '../..', file)
  writeFileSync(join(dir, `submissions/o'neil $(x)/${file}`), readFileSync(reference))
  const emit = ['--chapter', String(third), '--emit', 'slurm', join(dir, 'submissions')]
  writeFileSync(join(dir, 'job'), (await stepbox(['lab', 'grade', ...emit], { root })).out)
  const env = { ...process.env, STEPBOX: join(import.meta.dirname, '../..') }
  const bash = (...words: string[]) =>
    spawnSync('bash', ['job', ...words], { cwd: dir, env, encoding: 'utf8' })
  expect(bash('1')).toMatchObject({ status: 0 })
  expect(bash('collect')).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('not graded: lost') as string,
  })
  const text = readFileSync(join(dir, 'results/class/grade.json'), 'utf8')
  const { submissions } = JSON.parse(text) as Grade
  expect(submissions.map((each) => [each.name, each.status === 'error', each.score > 0])).toEqual([
    ['lost', true, false],
    ["o'neil $(x)", false, true],
  ])
})
