/** Tests. The project's own files, and what they import and export. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

const root = join(import.meta.dirname, '..')

export interface Source {
  /** Relative to the checkout. */
  path: string
  text: string
  lines: string[]
}

/** All files under `dirs` whose names match, without what is generated. */
export function sources(dirs: string[], name: RegExp): Source[] {
  return dirs
    .flatMap((dir) => walk(dir))
    .filter((path) => name.test(path))
    .map(read)
}

function walk(dir: string): string[] {
  return readdirSync(join(root, dir), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(dir, entry.name)
    if (!entry.isDirectory()) return [path]
    return /^(node_modules|dist|out|\..*)$/.test(entry.name) ? [] : walk(path)
  })
}

function read(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8')
  return { path, text, lines: text.split('\n') }
}

export interface Import {
  /** A path relative to the checkout, or the name of a package. */
  from: string
  names: string[]
  /** Types alone: nothing is loaded. */
  isType: boolean
}

const staticImport = /^import (type )?(?:([\w*{},\s]+?) from )?'([^']+)'/gm
const dynamicImport = /\bimport\('([^']+)'\)/g

/** What a TypeScript file imports. Of what comes whole, or late, any name may be used. */
export function importsOf({ path, text }: Source): Import[] {
  const place = (from: string): string =>
    from.startsWith('.') ? posix.join(posix.dirname(path), from) : from
  const words = [...text.matchAll(/\w+/g)].map(([word]) => word)
  const fixed = [...text.matchAll(staticImport)].map(([, type, clause = '', from = '']) => {
    const items = clause
      .replace(/[{}]/g, ' ')
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean)
    const isType = type !== undefined || items.every((item) => item.startsWith('type '))
    const named = items.map((item) => item.replace(/^type /, '').replace(/ as .*/, ''))
    const names = named.includes('*') ? words : named
    return { from: place(from), names, isType: isType && items.length > 0 }
  })
  const late = [...text.matchAll(dynamicImport)].map(([, from = '']) => {
    return { from: place(from), names: words, isType: false }
  })
  return [...fixed, ...late]
}

/** What a TypeScript file exports. */
export function exportsOf({ text }: Source): { name: string; isType: boolean }[] {
  const declared = /^export (?:async )?(function\*?|const|let|class|interface|type) (\w+)/gm
  return [...text.matchAll(declared)].map(([, kind = '', name = '']) => {
    return { name, isType: kind === 'interface' || kind === 'type' }
  })
}

/**
 * The chapter of a file, by its path: 0 for the spine, Infinity for what stands on all
 * chapters.
 * Undefined elsewhere.
 */
export function chapterOf({ path }: Source): number | undefined {
  const [, , number] = /^(runtime|chapters)\/(\d\d)-/.exec(path) ?? []
  if (number !== undefined) return Number(number)
  if (/^runtime\/[^/]+$/.test(path)) return 0
  return /^(runtime|chapters)\//.test(path) ? Infinity : undefined
}
