/** Tests. The rules of the house that a machine can check. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { calls } from '../runtime/call-table.ts'
import { controlFd, lifelineFd } from '../runtime/descriptors.ts'
import { longLists } from './parameters.ts'
import { byPath, exportsOf, importsOf, paths, runtime, sources, typescript } from './sources.ts'
import type { Source } from './sources.ts'

const root = join(import.meta.dirname, '..')
const others = sources(['runtime', 'native', 'test', 'book'], /\.(mjs|cjs|c|h|css)$/)
const code = [...typescript, ...others]

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
    const inCalls = text.slice(0, text.indexOf('export type CallName'))
    const types = inCalls + (byPath.get('runtime/flag-names.ts')?.text ?? '')
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

  test('no file is too long to be read in one sitting: 250 lines', () => {
    const long = code
      .map(({ path, text }) => ({ path, count: text.split('\n').length - 1 }))
      .filter(({ path, count }) => !path.endsWith('.css') && count > 250)
    expect(long).toEqual([])
  })

  test('no function has more than three positional parameters', () => {
    expect(typescript.flatMap((source) => longLists(source, 3))).toEqual([])
  })

  test('nothing is left to be done later', () => {
    const later = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|'))
    expect(paths(code.filter(({ text }) => later.test(text)))).toEqual([])
  })

  test('what is exported is used by another module', () => {
    const scripts = sources(['book', 'test', 'runtime'], /\.mjs$/)
    const used = new Set(
      [...typescript, ...scripts].flatMap((source) =>
        importsOf(source).flatMap(({ from, names }) => names.map((name) => `${from} ${name}`)),
      ),
    )
    const dead = typescript.flatMap((source) =>
      (isNamedInText(source) ? [] : exportsOf(source))
        .filter(({ name, isType }) => !(isType && isUsedIn(source, name)))
        .map(({ name }) => `${source.path} ${name}`)
        .filter((name) => !used.has(name)),
    )
    expect(dead).toEqual([])
  })

  test('an exported name means one thing in all of runtime/', () => {
    const places = new Map<string, string[]>()
    for (const source of runtime)
      for (const { name } of exportsOf(source))
        places.set(name, [...(places.get(name) ?? []), source.path])
    const several = [...places].filter(([, all]) => new Set(all).size > 1)
    expect(Object.fromEntries(several)).toEqual({})
  })

  test('the types hold', async () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    for (const project of ['.', 'book/browser']) {
      const args = [tsc, '--noEmit', '-p', project]
      const run = promisify(execFile)(process.execPath, args, { cwd: root })
      const said = await run.catch(({ stdout }: { stdout: string }) => ({ stdout }))
      expect(said.stdout).toBe('')
    }
  }, 240_000)
})

/** The lab names answers, and what exercises begin with, as text. */
function isNamedInText({ path }: Source): boolean {
  return /^chapters\/[^/]+\/lab\/(exercises|given)\.ts$/.test(path)
}

/** A type may also be exported because an exported function has it in its signature. */
function isUsedIn({ text }: Source, name: string): boolean {
  return [...text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length > 1
}
