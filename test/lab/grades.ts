/** Tests. A grade.json with all outcomes, and names as a hostile learner would choose them. */
import { pointsOf, statusOfAll } from '../../runtime/lab/grade/format.ts'
import type { Grade, GradedSubmission, GradedTest } from '../../runtime/lab/grade/format.ts'
import type { Status } from '../../runtime/lab/judge.ts'

export const hostileNames = {
  markup: '<script>alert(1)</script><img src=x onerror=alert(1)>',
  attribute: '" onmouseover="alert(1)',
  formula: '=HYPERLINK("http://example.com","x")',
  control: 'a\u0001b\u000bc\ufffe',
}

/** `outcomes` is a letter for each test: pass, fail, error, blocked, skipped. */
export function graded(name: string, outcomes: string): GradedSubmission {
  const tests = [...outcomes].map((letter, at) => testOf(letter, at))
  const base = { name, status: statusOfAll(tests), ...pointsOf(tests), tests, ms: 1234 }
  const files = [{ path: 'runtime/part/answer.ts', state: 'refused' as const, why: 'it is a fifo' }]
  return { ...base, answers: 'a'.repeat(64), files, graded: '2026-09-01T10:20:30.456Z' }
}

function testOf(letter: string, at: number): GradedTest {
  const statuses: Record<string, Status> = {
    ...{ p: 'pass', f: 'fail', e: 'error', b: 'blocked', s: 'skipped' },
  }
  const status = statuses[letter] ?? 'error'
  const isPass = status === 'pass'
  return {
    ...{ id: `01/check-${at + 1}`, exercise: at === 0 ? 'planner' : 'predict', status },
    ...{ claim: `claim ${at + 1} <&>`, score: isPass ? 2 : 0, max: 2 },
    ...{ needs: status === 'blocked' ? ['overlay'] : [], ms: 10 },
    cause: isPass ? '' : `cause of ${status} ]]> <b>`,
    output: isPass ? '' : `did       this\nsaw       \u001b[31mthat\u001b[0m </pre>`,
  }
}

export function gradeOf(submissions: GradedSubmission[]): Grade {
  const number = 1
  const chapter = { number, slug: 'namespaces' }
  const frame = { stepbox: 'grade', version: 1, chapter, language: 'en' } as const
  return { ...frame, course: 'c'.repeat(64), submissions }
}

/** One of everything. */
export const hostileGrade = gradeOf([
  graded('alice', 'pppp'),
  ...Object.values(hostileNames).map((name) => graded(name, 'pfeb')),
  graded('戴伟', 'bbbb'),
])
