/** Bundles that are made where esbuild is, for a judge on a machine that has none. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Chapter } from '../chapter.ts'
import { checkout } from '../checkout.ts'
import type { Sentence } from '../sentence.ts'
import { bundleOf, NotReadable, type Answers } from './bundle.ts'
import { answerFilesOf, folderOf, planFileOf } from './course.ts'

/** By entry file. It crosses to the other machine as JSON. */
export type Bundles = Record<string, Bundle>

/** The text, or why the modules cannot be read. */
type Bundle = { text: string } | { said: Sentence; file: string; line: number }

/** The bundles for all files that checks of the last of `rows` may ask. */
export async function bundlesFor(rows: Chapter[], answers: Answers): Promise<Bundles> {
  const lab = await rows.at(-1)?.lab?.()
  const given = rows.map((row) => `${folderOf(row)}/lab/given.ts`)
  const there = given.filter((path) => existsSync(join(checkout, path)))
  const own = lab ? answerFilesOf(lab) : []
  const isReference = (path: string) => !Object.hasOwn(answers, path)
  const bundles: Bundles = {}
  for (const entry of [...rows.map(planFileOf), ...own, ...there])
    bundles[entry] = await bundleOf([entry], answers, isReference).then(
      (text) => ({ text }),
      (error: unknown) => {
        if (!(error instanceof NotReadable)) throw error
        return { said: error.said, file: error.file, line: error.line }
      },
    )
  return bundles
}

/** The bundle for an entry file. Throws NotReadable, as making it did. */
export async function bundleIn(bundles: Bundles, file: string): Promise<string> {
  const found = Object.hasOwn(bundles, file) ? bundles[file] : undefined
  if (!found) throw new Error(`no bundle was made for ${file}`)
  if ('text' in found) return found.text
  throw new NotReadable(found.said, found.file, found.line)
}
