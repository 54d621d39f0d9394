/**
 * A learner's modules as text of JavaScript, and nothing executed. esbuild translates one text at a
 * time: it is given no path, so that no import, glob or source map makes it read a file.
 */
import { posix } from 'node:path'
import type { Message } from 'esbuild'
import { printable } from '../printable.ts'
import { sentence, speaker, type Sentence } from '../sentence.ts'
import { within } from './patience.ts'
import { sourceOf } from './sources.ts'

/** The text of files, by path as in the checkout: the answers. */
export type Answers = Record<string, string>

/** The modules cannot be read: a syntax error, or an import of something that is not there. */
export class NotReadable extends Error {
  readonly file: string
  readonly line: number
  readonly said: Sentence
  constructor(said: Sentence, file: string, line = 0) {
    super(`${file}:${line}: ${speaker('en', [])(said)}`)
    this.file = file
    this.line = line
    this.said = said
  }
}

/** An answer file has fewer than 300 lines. esbuild's stack holds this many levels of anything. */
const mostLength = 50_000

/**
 * Files of the reference that an answer may import: of the lab's, only what exercises start
 * from.
 */
const chaptersOwn = String.raw`chapters/\d\d-[\w-]+/(plan|consequences|lab/given)`
const importable = new RegExp(
  String.raw`^(runtime/(\d\d-[\w-]+/)?[\w-]+|${chaptersOwn})\.(ts|json)$`,
)

/**
 * The texts of `entries` and of what they import, by path, as JSON for serve.ts. A file is taken
 * from `answers`, else from the reference, if `mayRead` allows it. Throws NotReadable.
 */
export async function bundleOf(
  entries: string[],
  answers: Answers,
  mayRead: (path: string) => boolean,
): Promise<string> {
  const texts: Record<string, string> = {}
  const isAnswer = (path: string) => Object.hasOwn(answers, path)
  const add = async (path: string, isAsked: boolean): Promise<void> => {
    const isThere = isAnswer(path) || (isAsked && /^[\w/-]+\.\w+$/.test(path) && mayRead(path))
    if (Object.hasOwn(texts, path) || !isThere) return
    texts[path] = ''
    const own = answers[path]
    const text = isAnswer(path) ? await translated(path, own ?? '') : await ofReference(path)
    texts[path] = text
    for (const each of importsOf(path, text))
      await add(each, !isAnswer(path) || importable.test(each))
  }
  for (const path of entries) await add(path, true)
  return JSON.stringify(texts)
}

/** By path: the reference does not change while this process runs. */
const known = new Map<string, string>()

async function ofReference(path: string): Promise<string> {
  const text = known.get(path) ?? (await translated(path, sourceOf(path)))
  known.set(path, text)
  return text
}

/** What the script asks for at run time; types are gone. */
function importsOf(path: string, script: string): string[] {
  const names = [...script.matchAll(/\brequire\("(\.[^"\n]+)"\)/g)].map(([, name]) => name ?? '')
  return names.map((name) => posix.join(posix.dirname(path), name))
}

async function translated(file: string, text: string): Promise<string> {
  if (file.endsWith('.json')) return `module.exports = ${asJson(file, text)}`
  if (text.length > mostLength) {
    const values = { n: text.length, most: mostLength }
    throw new NotReadable(sentence('{n} characters; at most {most} are read', values), file)
  }
  const { transform, stop } = await import('esbuild')
  const done = transform(text, {
    ...{ loader: 'ts', format: 'cjs', target: 'node20', tsconfigRaw: {}, charset: 'utf8' },
    ...{ sourcemap: 'inline', sourcesContent: false, sourcefile: file, logLevel: 'silent' },
  }).catch((error: { errors?: Message[] }) => error.errors?.[0])
  const found = await within(done, patienceMs)
  if (found && 'code' in found) return found.code
  if (found) {
    const message = printable(found.text.slice(0, 300))
    throw new NotReadable(sentence('{message}', { message }), file, found.location?.line)
  }
  await stop() // its process has ended, or works without end; the next call starts another one
  throw new NotReadable(sentence('esbuild cannot read it: is something nested too deep?'), file)
}

const patienceMs = 8000

function asJson(file: string, text: string): string {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch (error) {
    const message = printable((error as Error).message.slice(0, 300))
    throw new NotReadable(sentence('{message}', { message }), file)
  }
}
