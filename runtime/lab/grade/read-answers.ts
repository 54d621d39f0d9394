/**
 * Reads the answer files of a submission, which is not trusted: no link in it is followed, and a
 * fifo or a device is never opened, so nothing in it can lead elsewhere, act, or block.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { basename } from 'node:path'
import { errnoIn } from '../../files.ts'
import { entriesIn, inOpened, openDirectory } from '../../opened.ts'
import { sentence, type Sentence } from '../../sentence.ts'
import type { Answers } from '../bundle.ts'
import type { AnswerFile } from './format.ts'

/** An answer file, before its reason is put into a language. */
export type FoundFile = Omit<AnswerFile, 'why'> & { why?: Sentence }

export interface FoundAnswers {
  answers: Answers
  files: FoundFile[]
}

/** Ten times what the longest reference file has. */
const mostBytes = 256 * 1024

/** O_PATH: to hold a file without opening it, so that a device or a fifo does nothing (open(2)). */
const pathOnly = 0o10000000 | constants.O_NOFOLLOW

/** Read the answer files `paths` below the open directory `top`: by path, else by name alone. */
export function readAnswers(top: number, paths: string[]): FoundAnswers {
  const answers: Answers = {}
  const files = paths.map((path): FoundFile => {
    const found = readOne(top, path.split('/')) ?? readFlat(top, path, paths)
    if (found === undefined) return { path, state: 'missing' }
    if (typeof found !== 'string') return { path, state: 'refused', why: found }
    answers[path] = found
    return { path, state: 'taken' }
  })
  return { answers, files }
}

/** Whether there is an answer file, of whatever kind. */
export function hasSome({ files }: FoundAnswers): boolean {
  return files.some(({ state }) => state !== 'missing')
}

/** As most upload forms have it: all files in one directory. */
function readFlat(top: number, path: string, paths: string[]): string | Sentence | undefined {
  const name = basename(path)
  const isOne = paths.filter((each) => basename(each) === name).length === 1
  return isOne ? readOne(top, [name]) : undefined
}

/** The text of a file; a sentence if it is refused; undefined if there is none. */
function readOne(top: number, names: string[]): string | Sentence | undefined {
  const [name = '', ...rest] = names
  try {
    if (rest.length === 0) return readFile(inOpened(top, name))
    const below = openDirectory(inOpened(top, name))
    try {
      return readOne(below, rest)
    } finally {
      closeSync(below)
    }
  } catch (error) {
    const errno = errnoIn(error) ?? 'EIO'
    if (errno === 'ENOENT') return undefined
    if (errno === 'ELOOP' || errno === 'ENOTDIR')
      return sentence('{name} is not a directory', { name })
    return sentence('it cannot be read: {errno}', { errno })
  }
}

function readFile(path: ReturnType<typeof inOpened>): string | Sentence {
  const held = openSync(path, pathOnly)
  try {
    const stat = fstatSync(held)
    if (!stat.isFile()) return kindOf(stat)
    if (stat.size > mostBytes) return tooLarge()
    return readHeld(openSync(`/proc/self/fd/${held}`, constants.O_RDONLY))
  } finally {
    closeSync(held)
  }
}

function readHeld(fd: number): string | Sentence {
  const bytes = Buffer.alloc(mostBytes + 1)
  let size = 0
  try {
    for (let got = 1; got > 0 && size < bytes.length; size += got)
      got = readSync(fd, bytes, size, bytes.length - size, null)
  } finally {
    closeSync(fd)
  }
  if (size > mostBytes) return tooLarge()
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, size))
  } catch {
    return sentence('it is not text in UTF-8') // ignoring where
  }
}

function tooLarge(): Sentence {
  return sentence('it is larger than {n} KiB', { n: mostBytes / 1024 })
}

function kindOf(stat: Stats): Sentence {
  if (stat.isSymbolicLink()) return sentence('it is a symbolic link, and none is followed')
  if (stat.isDirectory()) return sentence('it is a directory')
  if (stat.isFIFO()) return sentence('it is a fifo')
  return sentence('it is a device or a socket')
}

/** The names of directories in the open directory `fd`, without hidden ones, and of all else. */
export function namesBelow(fd: number): { directories: string[]; others: string[] } {
  const entries = [...entriesIn({ fd, stat: fstatSync(fd, { bigint: true }) })]
  const shown = entries.filter(({ name }) => !name.startsWith('.'))
  const names = (all: typeof shown) => all.map(({ name }) => name).sort()
  return {
    directories: names(shown.filter((entry) => entry.isDirectory())),
    others: names(shown.filter((entry) => !entry.isDirectory())),
  }
}
