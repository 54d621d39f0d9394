/** The course as data: what a chapter leaves to the learner, and what its starter is. */
import type { Chapter } from '../chapter.ts'
import type { ChapterLab } from '../chapter-lab.ts'
import { blanked, patched } from './blank.ts'
import type { Answers } from './bundle.ts'
import { closure, sourceOf } from './sources.ts'

/** The folder of a chapter: `chapters/03-pivot-root`. */
export function folderOf({ number, slug }: Pick<Chapter, 'number' | 'slug'>): string {
  return `chapters/${String(number).padStart(2, '0')}-${slug}`
}

/** The file with the chapter's list. */
export function planFileOf(chapter: Pick<Chapter, 'number' | 'slug'>): string {
  return `${folderOf(chapter)}/plan.ts`
}

/** The files that the learner writes in: with blanks. */
export function answerFilesOf({ blanks }: ChapterLab): string[] {
  return Object.keys(blanks)
}

/** The answer files as the learner gets them. */
export async function starterOf(lab: ChapterLab): Promise<Answers> {
  const answers: Answers = {}
  for (const [path, blank] of Object.entries(lab.blanks))
    answers[path] = await blanked(sourceOf(path), { blank, drop: lab.dropped?.[path] ?? [] })
  for (const [path, given] of Object.entries(lab.given ?? {}))
    answers[path] = await patched(answers[path] ?? '', sourceOf(given))
  return answers
}

/** All files of a workspace that come from the reference, for the chapters of `rows`. */
export async function filesOf(rows: Chapter[]): Promise<string[]> {
  const labs = await Promise.all(rows.map((row) => row.lab?.()))
  const answers = labs.flatMap((lab) => (lab ? answerFilesOf(lab) : []))
  return closure([...rows.flatMap(listFilesOf), ...answers])
}

/** The files with the chapter's list, and with its further lists that a learner has a part in. */
export function listFilesOf(chapter: Pick<Chapter, 'number' | 'slug' | 'lists'>): string[] {
  const further = Object.values(chapter.lists ?? {})
  return [planFileOf(chapter), ...further.flatMap(({ source }) => source?.file ?? [])]
}
