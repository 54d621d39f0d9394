/** Tests. An editor finds no mistake in a workspace, as it is given and as it is solved. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { describe, expect, test, vi } from 'vitest'
import { chapters } from '../../chapters/table.ts'
import { rowOf } from '../rows.ts'
import { scratch } from '../scratch.ts'
import { labIn, labOf, workspaceFor } from './workspaces.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** Parsed once for all programs: the libraries are most of the work. */
const parsed = new Map<string, ts.SourceFile | undefined>()

function mistakesIn(dir: string): string[] {
  const { config } = ts.readConfigFile(join(dir, 'tsconfig.json'), ts.sys.readFile)
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, dir)
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (path, ...rest) => {
    if (!path.includes('/lib.')) return read(path, ...rest)
    if (!parsed.has(path)) parsed.set(path, read(path, ...rest))
    return parsed.get(path)
  }
  const found = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options, host))
  return found.map(({ file, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, ' ')
    return `${relative(dir, file?.fileName ?? '')}: ${text}`
  })
}

/** What a file says, whatever the order and the comments. */
function statementsIn(path: string): string[] {
  const text = readFileSync(path, 'utf8')
  const { statements } = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
  return statements.map((each) => each.getText()).sort()
}

const rows = await Promise.all(chapters.map(({ number }) => rowOf(number)))

describe.for(rows.filter(({ lab }) => lab))('the workspace of chapter $number', ({ number }) => {
  test('has no mistake in its types, blank or solved', async () => {
    const dir = await workspaceFor(number)
    expect(mistakesIn(dir)).toEqual([])
    const solved = await labIn(dir, ['solve'], { root: scratch() })
    expect(solved.code).toBe(0)
    expect(mistakesIn(dir)).toEqual([])
  }, 120_000)

  test('is solved by its exercises, one by one', async () => {
    const { blanks, exercises } = await labOf(number)
    const [whole, dir] = [await workspaceFor(number), await workspaceFor(number)]
    await labIn(whole, ['solve'], { root: scratch() })
    for (const { id } of exercises) await labIn(dir, ['solve', id], { root: scratch() })
    for (const file of Object.keys(blanks))
      expect(statementsIn(join(dir, file))).toEqual(statementsIn(join(whole, file)))
  })

  test('has the sources of the runtime, and no link but to programs and types', async () => {
    const dir = await workspaceFor(number)
    const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
    const links = entries.filter((each) => each.isSymbolicLink()).map(({ name }) => name)
    expect(links.sort()).toEqual(['@types', 'stepbox', 'tsc'])
    expect(readFileSync(join(dir, 'runtime/step.ts'), 'utf8')).toContain('export interface Step')
  })
})
