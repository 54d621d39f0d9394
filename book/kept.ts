/** Keeps what was made, for as long as what it is made from stays the same. */
import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './links.ts'

export interface Kept {
  /** What `make` gives, or what it gave before for this name, from the same. */
  get: <T>(name: string, from: string[], make: () => T) => T
  /** The names of all that was made since this was called last. */
  made: () => string[]
}

export function keep(): Kept {
  const all = new Map<string, { of: string; what: unknown }>()
  let made: string[] = []
  return {
    get: <T>(name: string, from: string[], make: () => T): T => {
      const of = hashOf(from)
      const before = all.get(name)
      if (before?.of === of) return before.what as T
      made.push(name)
      const what = make()
      all.set(name, { of, what })
      return what
    },
    made: () => {
      const names = made
      made = []
      return names
    },
  }
}

/** Of one sequence of texts, and of no other. */
export function hashOf(parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** The folders that the pages are made from. */
export const sources = ['book', 'chapters', 'native', 'runtime']

/** Changes with every file of the sources but the texts: its name, its size or its time. */
export function stateOfSources(): string {
  return hashOf(sources.flatMap((dir) => statesIn(join(root, dir))))
}

function statesIn(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return entry.name === 'out' ? [] : statesIn(path)
    if (entry.name.endsWith('.md')) return []
    const { mtimeMs, size } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: 0 }
    return [`${path} ${size} ${mtimeMs}`]
  })
}
