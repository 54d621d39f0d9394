/** Tests. Grades in the forms that other programs read. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { autolab } from '../../runtime/lab/grade/export/autolab.ts'
import { classroom50, reporter } from '../../runtime/lab/grade/export/classrooms.ts'
import { csv } from '../../runtime/lab/grade/export/csv.ts'
import { exported, formatNames } from '../../runtime/lab/grade/export/exports.ts'
import { gradescope } from '../../runtime/lab/grade/export/gradescope.ts'
import { junit } from '../../runtime/lab/grade/export/junit.ts'
import { gradeExitCode, pointsOf, type Grade } from '../../runtime/lab/grade/format.ts'
import { gradeIn } from '../../runtime/lab/grade/results.ts'
import { needs, scratch } from '../scratch.ts'
import { graded, gradeOf, hostileGrade, hostileNames } from './grades.ts'

const checkout = join(import.meta.dirname, '../..')
const mixed = graded('alice', 'pfeb')

/** Run a validator on `text`. Gives what it complains about. */
function complaints(argv: string[], text: string): string {
  const file = join(scratch(), 'file')
  writeFileSync(file, text)
  const [program = '', ...args] = argv.map((arg) => (arg === 'FILE' ? file : arg))
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 ? '' : `${status}: ${stdout}${stderr}`
}

describe('grade.json', () => {
  const schema = join(checkout, 'runtime/lab/grade/grade.schema.json')
  test('is valid by its schema, and the schema finds what is wrong', (context) => {
    needs(context, 'jsonschema')
    const excerpt = { file: 'a.ts', from: 1, to: 2, text: 'x' }
    const pair = { a: 'alice', b: 'bob', share: 0.9, passages: [{ a: excerpt, b: excerpt }] }
    const right = JSON.stringify({ ...hostileGrade, alike: [pair] })
    expect(complaints(['jsonschema', '-i', 'FILE', schema], right)).toBe('')
    const tests = mixed.tests.map((each) => ({ ...each, status: 'passed' }))
    const wrong = JSON.stringify({ ...gradeOf([{ ...mixed, tests } as never]), version: 2 })
    const said = complaints(['jsonschema', '-i', 'FILE', schema], wrong)
    expect(said).toContain('1 was expected')
    expect(said).toContain("'passed' is not one of")
  })

  test('of another version is not read', () => {
    expect(gradeIn(JSON.stringify(hostileGrade))).toEqual(hostileGrade)
    expect(gradeIn(JSON.stringify({ ...hostileGrade, version: 2 }))).toBeUndefined()
    expect(gradeIn('{')).toBeUndefined()
  })

  test('leaves blocked tests out of the points and of their maximum', () => {
    expect(pointsOf(mixed.tests)).toEqual({ score: 2, max: 6 })
    expect(graded('x', 'bb')).toMatchObject({ score: 0, max: 0, status: 'blocked' })
  })

  test('decides the exit code: pass, fail, only blocked, an error of ours, no test', () => {
    const codes = ['pp', 'pf', 'bb', 'pfe', ''].map((each) => gradeExitCode([graded('x', each)]))
    expect(codes).toEqual([0, 1, 3, 4, 4])
    expect(gradeExitCode([])).toBe(4)
    expect(gradeExitCode([graded('x', 'bb'), graded('y', 'pb')])).toBe(0)
  })
})

describe('JUnit', () => {
  test('is valid by the schema, whatever the names are', (context) => {
    needs(context, 'xmllint')
    const xsd = join(checkout, 'test/lab/junit.xsd')
    const argv = ['xmllint', '--noout', '--schema', xsd, 'FILE']
    expect(complaints(argv, junit(hostileGrade))).toBe('')
    expect(complaints(argv, '<testsuites x="1"/>')).toContain("'x' is not allowed")
  })

  test('counts failures, errors and what was skipped', () => {
    const text = junit(gradeOf([mixed]))
    expect(text).toContain('tests="4" failures="1" errors="1" skipped="1"')
    expect(text).toContain('<skipped message="blocked: cause of blocked')
  })
})

describe('CSV', () => {
  const rows = csv(gradeOf([mixed])).split('\r\n')

  test('has a row for each submission and a column for each test', () => {
    expect(rows).toEqual([
      'name,status,score,max,blocked,01/check-1,01/check-2,01/check-3,01/check-4',
      'alice,error,2,6,1,2,0,error,blocked',
      '',
    ])
  })

  test('gives a spreadsheet no formula', () => {
    const names = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', hostileNames.formula]
    for (const name of names) {
      const cell = csv(gradeOf([graded(name, 'p')])).split('\r\n')[1] ?? ''
      expect(cell).toMatch(/^"?'/)
    }
  })

  test('quotes commas, quotes and line breaks, and marks what is not ASCII', () => {
    const text = csv(gradeOf([graded('a,"b"\nc', 'p'), graded('戴伟', 'p')]))
    expect(text).toContain('\r\n"a,""b""\nc",pass,2,2,0,2\r\n')
    expect(text.charCodeAt(0)).toBe(0xfeff)
  })
})

test('Gradescope: results.json has each test that counts, with its points', () => {
  const results = JSON.parse(gradescope(mixed))
  expect(results).toMatchObject({ score: 2, execution_time: 1, stdout_visibility: 'hidden' })
  expect(results.output).toContain('blocked: 01/check-4')
  const tests = results.tests.map((each: Record<string, unknown>) => [
    ...[each['number'], each['score'], each['max_score'], each['status'], each['output_format']],
  ])
  expect(tests).toEqual([
    ['01/check-1', 2, 2, 'passed', 'text'],
    ['01/check-2', 0, 2, 'failed', 'text'],
    ['01/check-3', 0, 2, 'failed', 'text'],
  ])
})

test('Autolab: the last line is the scores of the exercises, and nothing follows', () => {
  const lines = autolab(mixed).split('\n')
  expect(lines.at(-1)).toBe('')
  expect(JSON.parse(lines.at(-2) ?? '')).toEqual({ scores: { planner: 2, predict: 0 } })
  expect(JSON.parse(lines.at(-3) ?? '')).toMatchObject({
    _presentation: 'semantic',
    stages: ['planner', 'predict'],
    planner: { '01/check-1': { passed: true } },
  })
  expect(JSON.parse(autolab(graded('x', 'pb')).trim().split('\n').at(-1) ?? '')).toEqual({
    scores: { planner: 2 },
  })
})

test("GitHub's reporter decodes base64, adds up the scores, and finds the maximum", () => {
  const text = reporter(mixed)
  expect(text).toMatch(/^[A-Za-z0-9+/=]+\n$/)
  const results = JSON.parse(Buffer.from(text, 'base64').toString())
  expect(results).toMatchObject({ version: 1, status: 'error', max_score: 6 })
  const statuses = results.tests.map((each: { status: string }) => each.status)
  expect(statuses).toEqual(['pass', 'fail', 'error'])
  const points = results.tests.reduce((sum: number, each: { score: number }) => sum + each.score, 0)
  expect(points).toBe(2)
})

test('Classroom 50: result.json names the repository of the runner, in whole points', () => {
  const env = { CLASSROOM: 'os', ASSIGNMENT: 'ns', OWNER: 'octo', SUBMISSION_TAG: 'submit/x-1' }
  const result = JSON.parse(classroom50(gradeOf([mixed]), mixed, env))
  expect(result).toMatchObject({
    ...{ schema: 'classroom50/result/v1', classroom: 'os', assignment: 'ns', owner: 'octo' },
    ...{ submission: 'submit/x-1', datetime: '2026-09-01T10:20:30Z', score: 2, 'max-score': 6 },
    ...{ assignment_type: 'individual', commit: 'unknown', release: 'unknown' },
  })
  const half = { ...mixed, tests: mixed.tests.map((each) => ({ ...each, score: 0.5, max: 0.5 })) }
  expect(JSON.parse(classroom50(gradeOf([half]), half, {}))).toMatchObject({ 'max-score': 150 })
})

test('each format has a file for all or one for each, and no name leads elsewhere', () => {
  const names = ['../../etc/passwd', '.', '..', 'a/b', 'A', 'a', 'CON ', '戴伟']
  const grade: Grade = gradeOf(names.map((name) => graded(name, 'p')))
  for (const format of formatNames) {
    const files = [...exported(format, grade, {}).keys()]
    expect(new Set(files.map((each) => each.toLowerCase())).size).toBe(files.length)
    expect(files.filter((each) => !/^([a-z0-9]+\/)?[A-Za-z0-9][\w.@-]*$/.test(each))).toEqual([])
    expect([1, names.length]).toContain(files.length)
  }
})
