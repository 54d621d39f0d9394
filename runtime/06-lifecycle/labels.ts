/** Labels and annotations of a container: words for people and programs, without a meaning here. */
import { readFileSync } from 'node:fs'
import { UsageError, type Typed } from '../command-line.ts'
import { errnoIn } from '../files.ts'

/** By Docker's rules: those of all files, then those of all flags; the last of a name counts. */
export function labelsFrom({ values }: Pick<Typed, 'values'>): Record<string, string> {
  const files = (values.get('label-file') ?? []).flatMap(linesOf)
  const flags = values.get('label') ?? []
  return Object.fromEntries([...files, ...flags].map((text) => pairIn('label', text)))
}

export function annotationsFrom({ values }: Pick<Typed, 'values'>): Record<string, string> {
  const given = values.get('annotation') ?? []
  return Object.fromEntries(given.map((text) => pairIn('annotation', text)))
}

/** `KEY=VALUE`; without a value, it is empty. */
function pairIn(flag: string, text: string): [key: string, value: string] {
  const [key = '', ...rest] = text.split('=')
  if (key !== '') return [key, rest.join('=')]
  throw new UsageError(`invalid --${flag} '${text}': KEY=VALUE, and KEY is not empty`)
}

/** One label a line; empty lines and those that begin with # are left out. */
function linesOf(file: string): string[] {
  const lines = read(file).replace(/^\ufeff/, '').split('\n')
  return lines.flatMap((line, at) => {
    const text = line.replace(/\r$/, '').replace(/^[ \t]+/, '')
    if (text === '' || text.startsWith('#')) return []
    if (!/[ \t]/.test(text.split('=', 1)[0] ?? '')) return [text]
    throw new UsageError(`label file ${file}, line ${at + 1}: a name with blanks, '${text}'`)
  })
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const why = errnoIn(error) ?? (error as Error).message
    throw new UsageError(`cannot read the label file ${file}: ${why}`, { cause: error })
  }
}
