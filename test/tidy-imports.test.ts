/** Tests. Who may import whom, by path. A type that is imported counts, unless it is said. */
import { describe, expect, test } from 'vitest'
import { importsOf, ownImports, paths, reachable } from './sources.ts'
import { runtime, typescript, type Source } from './sources.ts'

/**
 * Which places a module of a place may import. `NN` is the folder of a chapter in runtime/ with the
 * number of the importing one or a lower one, `own` the same folder of chapters/.
 */
const allowed: Record<string, string[]> = {
  spine: ['spine'],
  container: ['spine', 'container'],
  NN: ['spine', 'container', 'NN'],
  tools: ['spine', 'container', 'NN', 'tools'],
  lab: ['spine', 'container', 'NN', 'tools', 'lab'],
  vm: ['spine', 'container', 'NN', 'tools', 'vm'],
  cli: ['spine', 'container', 'NN', 'tools', 'lab', 'vm', 'setup', 'cli'],
  setup: ['spine', 'container', 'NN', 'tools', 'setup'],
  chapter: ['spine', 'container', 'NN', 'own'],
  table: ['spine', 'cli', 'chapter', 'table'],
}
/** A chapter's tests, and what only they use, may also import this. */
const forTests = ['tools', 'setup', 'test', 'table']

describe('imports', () => {
  test('each place imports only what it stands on', () => {
    const program = new Set(reachable(typescript.filter(({ path }) => placeOf(path) === 'table')))
    const wrong = typescript.flatMap((source) => {
      const place = placeOf(source.path)
      const isTest = place === 'chapter' && !program.has(source)
      const allows = [...(allowed[place] ?? []), ...(isTest ? forTests : [])]
      return ownImports(source)
        .filter(({ path }) => place in allowed && !allows.includes(relation(source.path, path)))
        .map(({ path }) => `${source.path} → ${path}`)
    })
    expect(wrong).toEqual([])
  })

  test('the book and the tests import the program, and not the reverse', () => {
    const wrong = reachable(typescript.filter(({ path }) => placeOf(path) === 'table'))
      .map(({ path }) => path)
      .filter((path) => /^(book|test)\//.test(path))
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
    const all = reachable(typescript.filter(({ path }) => path === 'chapters/stepbox.ts'))
    expect(paths(importing(all, /^(node:)?child_process$/))).toEqual(['runtime/native.ts'])
    expect(paths(importing(runtime, /^(node:)?child_process$/))).toEqual(['runtime/native.ts'])
  })

  test('chalk is only where text for people is printed, marked in the book, zx in scripts', () => {
    expect(outside(/^chalk$/, /^(runtime\/(cli|tools)|book|test)\//)).toEqual([])
    expect(outside(/^marked$/, /^book\//)).toEqual([])
    expect(outside(/^zx$/, /^(book|test)\/|\.test\.ts$/)).toEqual([])
  })
})

describe('planners', () => {
  /** All that the chapters' lists are made of. */
  const planners = reachable(typescript.filter(({ path }) => /\/\d\d-[^/]+\/plan\.ts$/.test(path)))

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
    const impure = /\bprocess\.\w|\bDate\b|Math\.random|\bperformance\./
    expect(paths(planners.filter(({ text }) => impure.test(text)))).toEqual([])
  })
})

/** The place that a path is in, as `allowed` names it. */
function placeOf(path: string): string {
  const [top = '', folder = ''] = path.split('/')
  const isOfChapter = /^\d\d-/.test(folder)
  if (top === 'chapters') return isOfChapter ? 'chapter' : 'table'
  if (top !== 'runtime') return top
  if (isOfChapter) return 'NN'
  return folder.endsWith('.ts') ? 'spine' : folder
}

/** What `to` is for the module `from`. */
function relation(from: string, to: string): string {
  const place = placeOf(to)
  const folder = (path: string) => path.split('/')[1] ?? ''
  const number = (path: string) => Number(/^\d\d(?=-)/.exec(folder(path))?.[0] ?? Infinity)
  if (place === 'NN') return number(to) <= number(from) ? 'NN' : `a later ${folder(to)}`
  if (place === 'chapter' && placeOf(from) === 'chapter')
    return folder(from) === folder(to) ? 'own' : 'another chapter'
  return place
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
    for (const next of ownImports(at)) {
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
