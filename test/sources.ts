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

/** The TypeScript files of the project: the program, its tests and the book. */
export const typescript = sources(['runtime', 'chapters', 'test', 'book'], /\.ts$/).filter(
  ({ path }) => !/\/lab\/(wrong|right|cheats)\//.test(path), // learners' files
)
export const runtime = typescript.filter(({ path }) => path.startsWith('runtime/'))
export const byPath = new Map(typescript.map((source) => [source.path, source]))

export function paths(all: Source[]): string[] {
  return all.map(({ path }) => path)
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
const dynamicImports = /\bimport\(\s*`([^`]+)`,?\s*\)/g
const merged = /^declare module '([^']+)'/gm

/**
 * What a TypeScript file imports. Of a module that is imported as a whole, or late, any name may be
 * used. To add to the interfaces of a module (`declare module`) is to import a type of it.
 */
export function importsOf(source: Source): Import[] {
  const known = found.get(source) ?? importsIn(source)
  found.set(source, known)
  return known
}

const found = new WeakMap<Source, Import[]>()

function importsIn({ path, text }: Source): Import[] {
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
  const late = [
    ...[...text.matchAll(dynamicImport)].map(([, from = '']) => place(from)),
    ...[...text.matchAll(dynamicImports)].flatMap(([, from = '']) => matching(place(from))),
  ].map((from) => ({ from, names: words, isType: false }))
  const types = [...text.matchAll(merged)].map(([, from = '']) => {
    return { from: place(from), names: words, isType: true }
  })
  return [...fixed, ...late, ...types]
}

/** The modules that a template literal may name: `${…}` stands for part of one name. */
function matching(template: string): string[] {
  const parts = template.split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.'))
  const name = new RegExp(`^${parts.join('[^/]+')}$`)
  return paths(typescript).filter((path) => name.test(path))
}

/** The project's own modules that `source` imports; without types, those that are loaded. */
export function ownImports(source: Source, withTypes = true): Source[] {
  const imports = importsOf(source).filter(({ isType }) => withTypes || !isType)
  return imports.flatMap(({ from }) => byPath.get(from) ?? [])
}

/** `starts`, and all that is loaded with them. */
export function reachable(starts: Source[]): Source[] {
  const all = new Set(starts)
  for (const source of all) for (const part of ownImports(source, false)) all.add(part)
  return [...all]
}

/** What a TypeScript file exports. */
export function exportsOf({ text }: Source): { name: string; isType: boolean }[] {
  const declared = /^export (?:async )?(function\*?|const|let|class|interface|type) (\w+)/gm
  return [...text.matchAll(declared)].map(([, kind = '', name = '']) => {
    return { name, isType: kind === 'interface' || kind === 'type' }
  })
}
