/** Tests. The rules of the house that a machine can check. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { calls } from '../runtime/calls.ts'
import { controlFd, lifelineFd } from '../runtime/descriptors.ts'
import { chapterOf, exportsOf, importsOf, sources, type Source } from './sources.ts'

const root = join(import.meta.dirname, '..')
const runtime = sources(['runtime'], /\.ts$/)
const chapters = sources(['chapters'], /\.ts$/)
const programs = [...runtime, ...chapters].filter(({ path }) => !path.endsWith('.test.ts'))
const typescript = [...runtime, ...chapters, ...sources(['book', 'test'], /\.ts$/)]
const code = [...typescript, ...sources(['book', 'test', 'native', 'runtime'], /\.(mjs|c|h|css)$/)]
const byPath = new Map(typescript.map((source) => [source.path, source]))

describe('imports', () => {
  test('no module knows a later chapter', () => {
    const wrong = programs.flatMap((source) =>
      ownImports(source).flatMap((imported) => {
        const [own = 0, other = 0] = [chapterOf(source), chapterOf(imported)]
        return other > own ? [`${source.path} (${own}) → ${imported.path} (${other})`] : []
      }),
    )
    expect(wrong).toEqual([])
  })

  test('a chapter imports no other chapter', () => {
    const folder = (path: string): string => path.split('/')[1] ?? ''
    const wrong = chapters
      .filter(({ path }) => /^chapters\/\d/.test(path))
      .flatMap((source) =>
        ownImports(source)
          .filter(
            ({ path }) => path.startsWith('chapters/') && folder(path) !== folder(source.path),
          )
          .map(({ path }) => `${source.path} → ${path}`),
      )
    expect(wrong).toEqual([])
  })

  test('the runtime imports nothing of the chapters, the book or the tests', () => {
    const wrong = runtime.flatMap((source) =>
      importsOf(source)
        .filter(({ from }) => /^(chapters|book|test)\//.test(from))
        .map(({ from }) => `${source.path} → ${from}`),
    )
    expect(wrong).toEqual([])
  })

  test('there is no cycle', () => {
    expect(typescript.map((source) => cycleFrom(source)).filter(Boolean)).toEqual([])
  })

  test('there is no barrel: a module exports what it declares', () => {
    const barrels = typescript.filter(({ text }) => /^export (\*|\{[^}]*\}) from/m.test(text))
    expect(paths(barrels)).toEqual([])
  })

  test('one module starts processes', () => {
    const all = reachable(programs.filter(({ path }) => path === 'chapters/stepbox.ts'))
    expect(paths(importing(all, /^(node:)?child_process$/))).toEqual(['runtime/native.ts'])
    expect(paths(importing(runtime, /^(node:)?child_process$/))).toEqual(['runtime/native.ts'])
  })

  test('chalk is only where people are told something, marked in the book, zx in scripts', () => {
    expect(outside(/^chalk$/, /^(runtime\/(cli|tools)|book|test)\//)).toEqual([])
    expect(outside(/^marked$/, /^book\//)).toEqual([])
    expect(outside(/^zx$/, /^(book|test)\/|\.test\.ts$/)).toEqual([])
  })
})

describe('planners', () => {
  /** All that the chapters' lists are made of. */
  const planners = reachable(programs.filter(({ path }) => /\/\d\d-[^/]+\/plan\.ts$/.test(path)))

  test('a planner imports nothing that could look at this machine', () => {
    const wrong = planners.flatMap((source) =>
      importsOf(source)
        .filter(({ from, isType }) => !isType && !/^runtime\/|^node:(path|buffer)$/.test(from))
        .map(({ from }) => `${source.path} → ${from}`),
    )
    expect(planners.length).toBeGreaterThan(10)
    expect(wrong).toEqual([])
  })

  test('a planner reads no clock, no environment and no random number', () => {
    const impure = /\bprocess\.|\bDate\b|Math\.random|\bperformance\./
    expect(paths(planners.filter(({ text }) => impure.test(text)))).toEqual([])
  })
})

describe('the tables of calls', () => {
  const table = sources(['native'], /calls\.c$/)
    .map(({ text }) => text)
    .join()

  test('are the same in TypeScript and in C: names, order, kinds of arguments', () => {
    const rows = [...table.matchAll(/^ {2}CALL\((\w+), "([^"]*)"\)/gm)]
    expect(rows.map(([, name, kinds]) => `${name} ${kinds}`)).toEqual(
      Object.entries(calls).map(([name, { kinds }]) => `${name} ${kinds}`),
    )
  })

  test('have the calls in the order of their type', () => {
    const union = byPath.get('runtime/calls.ts')?.text ?? ''
    const names = [...union.matchAll(/\[\s*name: '(\w+)'/g)].map(([, name]) => name)
    expect(names).toEqual(Object.keys(calls))
  })

  test('name the same flags in TypeScript and in C', () => {
    const text = byPath.get('runtime/calls.ts')?.text ?? ''
    const types = text.slice(0, text.indexOf('export type CallName'))
    const flags = [...types.matchAll(/'([A-Z][A-Z0-9_]+)'/g)].map(([, name]) => name)
    const inTable = [...table.matchAll(/FLAG\((\w+)\)/g)].map(([, name]) => name)
    expect(flags.length).toBeGreaterThan(20)
    expect([...new Set(flags)].sort()).toEqual(inTable.filter((name) => name !== 'name').sort())
  })

  test('the descriptors that the native program keeps are those of TypeScript', () => {
    const header = sources(['native'], /stepbox\.h$/)[0]?.text ?? ''
    const inC = [...header.matchAll(/^ {2}([A-Z]+) = (\d+),/gm)].map(([, name, fd]) => [name, fd])
    expect(Object.fromEntries(inC)).toEqual({
      CONTROL: String(controlFd),
      LIFELINE: String(lifelineFd),
    })
  })
})

describe('style', () => {
  test('no line is longer than 100 characters', () => {
    const long = code.flatMap(({ path, lines }) =>
      lines.flatMap((line, at) => ([...line].length > 100 ? [`${path}:${at + 1}`] : [])),
    )
    expect(long).toEqual([])
  })

  test('no file is too long to be read in one sitting', () => {
    const long = code.filter(({ path, lines }) => !path.endsWith('.css') && lines.length > 350)
    expect(paths(long)).toEqual([])
  })

  test('nothing is left to be done later', () => {
    const later = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|'))
    expect(paths(code.filter(({ text }) => later.test(text)))).toEqual([])
  })

  test('what is exported is used by another module', () => {
    const used = new Set(
      [...typescript, ...sources(['book', 'test', 'runtime'], /\.mjs$/)].flatMap((source) =>
        importsOf(source).flatMap(({ from, names }) => names.map((name) => `${from} ${name}`)),
      ),
    )
    const dead = typescript.flatMap((source) =>
      exportsOf(source)
        .filter(({ name, isType }) => !(isType && isUsedIn(source, name)))
        .map(({ name }) => `${source.path} ${name}`)
        .filter((name) => !used.has(name)),
    )
    expect(dead).toEqual([])
  })

  test('the types hold', async () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const run = promisify(execFile)(process.execPath, [tsc, '--noEmit'], { cwd: root })
    const said = await run.catch(({ stdout }: { stdout: string }) => ({ stdout }))
    expect(said.stdout).toBe('')
  }, 60_000)
})

/** A type may also be exported because an exported function has it in its signature. */
function isUsedIn({ text }: Source, name: string): boolean {
  return [...text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length > 1
}

function paths(all: Source[]): string[] {
  return all.map(({ path }) => path)
}

function ownImports(source: Source, withTypes = true): Source[] {
  const imports = importsOf(source).filter(({ isType }) => withTypes || !isType)
  return imports.flatMap(({ from }) => byPath.get(from) ?? [])
}

/** `starts`, and all that is loaded with them. */
function reachable(starts: Source[]): Source[] {
  const all = new Set(starts)
  for (const source of all) for (const part of ownImports(source, false)) all.add(part)
  return [...all]
}

function importing(all: Source[], name: RegExp): Source[] {
  return all.filter((source) => importsOf(source).some(({ from }) => name.test(from)))
}

/** The files that import a package although they are elsewhere than `where`. */
function outside(name: RegExp, where: RegExp): string[] {
  return paths(importing(typescript, name)).filter((path) => !where.test(path))
}

/** A way from `start` back to itself, if there is one. */
function cycleFrom(start: Source): string | undefined {
  const seen = new Set<string>()
  const walk = (at: Source, way: string[]): string | undefined => {
    for (const next of ownImports(at, false)) {
      if (next.path === start.path) return [...way, next.path].join(' → ')
      if (seen.has(next.path)) continue
      seen.add(next.path)
      const found = walk(next, [...way, next.path])
      if (found) return found
    }
    return undefined
  }
  return walk(start, [start.path])
}
