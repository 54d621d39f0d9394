/** Grades as JUnit's XML, as Jenkins, GitLab and others read it: a suite for each submission. */
import type { Grade, GradedSubmission, GradedTest } from '../format.ts'

export function junit(grade: Grade): string {
  const { submissions, chapter } = grade
  const all = submissions.flatMap(({ tests }) => tests)
  const seconds = submissions.reduce((sum, { ms }) => sum + ms / 1000, 0)
  const name = `stepbox lab, chapter ${chapter.number}, ${chapter.slug}`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name, ...countsOf(all), time: timeOf(seconds) })}>`,
    ...submissions.flatMap(suite),
    '</testsuites>',
    '',
  ].join('\n')
}

function suite({ name, tests, ms, graded, score, max }: GradedSubmission): string[] {
  const isSkipped = ({ status }: GradedTest) => status === 'blocked' || status === 'skipped'
  const skipped = tests.filter(isSkipped).length
  const more = { skipped, time: timeOf(ms / 1000), timestamp: graded.replace(/\.\d+Z$/, '') }
  return [
    `  <testsuite${attributes({ name, ...countsOf(tests), ...more })}>`,
    '    <properties>',
    `      <property${attributes({ name: 'score', value: score })}/>`,
    `      <property${attributes({ name: 'max', value: max })}/>`,
    '    </properties>',
    ...tests.flatMap((test) => testcase(name, test)),
    '  </testsuite>',
  ]
}

function testcase(submission: string, test: GradedTest): string[] {
  const { id, claim, ms, cause, output, status } = test
  const name = `${id}: ${claim}`
  const head = attributes({ name, classname: submission, time: timeOf(ms / 1000) })
  if (status === 'pass') return [`    <testcase${head}/>`]
  const elements = { fail: 'failure', error: 'error', blocked: 'skipped', skipped: 'skipped' }
  const element = elements[status]
  const message = attributes({ message: status === 'blocked' ? `blocked: ${cause}` : cause })
  return [
    `    <testcase${head}>`,
    `      <${element}${message}>${escaped(output)}</${element}>`,
    '    </testcase>',
  ]
}

function countsOf(tests: GradedTest[]) {
  const count = (wanted: GradedTest['status']) =>
    tests.filter(({ status }) => status === wanted).length
  return { tests: tests.length, failures: count('fail'), errors: count('error') }
}

function timeOf(seconds: number): string {
  return seconds.toFixed(3)
}

function attributes(all: Record<string, string | number>): string {
  return Object.entries(all)
    .map(([name, value]) => ` ${name}="${escaped(String(value)).replaceAll(/[\t\n]/g, '&#10;')}"`)
    .join('')
}

/** Without the characters that XML 1.0 cannot have, escaped or not (its section 2.2). */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
