/** What `lab grade` says on the terminal: a line for each submission, and the counts. */
import type { Chapter } from '../../chapter.ts'
import { columnsOf, padded } from '../../columns.ts'
import { sentence, speaker, type Language, type Speak } from '../../sentence.ts'
import { labCatalogue } from '../failure-text.ts'
import { blockedOf, type Grade, type GradedSubmission } from './format.ts'
import { pointsText, statusMarks } from './summary-data.ts'
import type { FoundSubmissions } from './submissions.ts'
import zh from './zh.json' with { type: 'json' }

/** Says what checks and grades say. */
export async function gradeSpeaker(rows: Chapter[], language: Language): Promise<Speak> {
  const labs = await Promise.all(rows.map((row) => row.lab?.()))
  return speaker(language, [zh, labCatalogue, ...labs.flatMap((lab) => (lab ? [lab.zh] : []))])
}

export function reportLines({ submissions }: Grade, say: Speak): string[] {
  const names = submissions.map(({ name }) => name)
  const widest = Math.min(30, Math.max(...names.map(columnsOf)))
  const lines = submissions.map((each) => {
    const { name, status, score, max } = each
    const points = `${pointsText(score)}/${pointsText(max)}`.padStart(7)
    return `${statusMarks[status]} ${padded(name, widest)} ${points}  ${firstOf(each)}`.trimEnd()
  })
  return [...lines, '', totals(submissions, say)]
}

/** The first test that did not pass. */
function firstOf({ tests, files }: GradedSubmission): string {
  const bad = tests.filter(({ status }) => status === 'error' || status === 'fail')
  const blocked = blockedOf(tests)
  const refused = files.find(({ state }) => state === 'refused')
  if (refused) return `${refused.path}: ${refused.why}`
  const [first] = bad.length > 0 ? bad : blocked
  if (!first) return ''
  const more = (bad.length > 0 ? bad : blocked).length - 1
  const rest = more > 0 ? ` (+${more})` : ''
  return `${first.id}: ${first.cause}${rest}`
}

function totals(submissions: GradedSubmission[], say: Speak): string {
  const count = (wanted: GradedSubmission['status']) =>
    submissions.filter(({ status }) => status === wanted).length
  return say(
    sentence('{n} graded: {pass} passed, {fail} failed, {blocked} blocked, {error} with errors', {
      ...{ n: submissions.length, pass: count('pass'), fail: count('fail') },
      ...{ blocked: count('blocked'), error: count('error') },
    }),
  )
}

/** Files beside the submissions, which are no submissions. */
export function othersLine({ others }: FoundSubmissions, say: Speak): string {
  const names = others.slice(0, 3).join(', ')
  return say(sentence('{n} files are no submissions: {names}', { n: others.length, names }))
}
