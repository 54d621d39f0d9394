/** Starters: takes the bodies out of functions of the reference source. */
import type ts from 'typescript'

type Ts = typeof ts

/** Loaded only to make a starter: it is large. */
async function typescript(): Promise<Ts> {
  return (await import('typescript')).default
}

export interface Blanks {
  /** The names of functions and constants that lose their bodies. */
  blank: string[]
  /** The names of declarations that are left out. */
  drop?: string[]
}

/** `source` with blanks. Comments stay: they are the contracts. Throws if it lacks a name. */
export async function blanked(source: string, { blank, drop = [] }: Blanks): Promise<string> {
  const ts = await typescript()
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.ES2022, true)
  const edits: Edit[] = []
  const missing = new Set([...blank, ...drop])
  for (const statement of file.statements)
    for (const name of namesOf(ts, statement)) {
      missing.delete(name)
      if (drop.includes(name)) edits.push({ ...rangeOf(statement, source), text: '' })
      else if (blank.includes(name)) edits.push(blankOf(ts, statement, name))
    }
  if (missing.size > 0) throw new Error(`no declaration of ${[...missing].join(', ')} to blank`)
  return edited(source, edits)
}

/**
 * `source` with the declarations of `other` in place of those of the same names; new ones are added
 * at the end. Comments above a replaced declaration stay.
 */
export async function patched(source: string, other: string): Promise<string> {
  const ts = await typescript()
  const parse = (text: string) =>
    ts.createSourceFile('source.ts', text, ts.ScriptTarget.ES2022, true)
  const [file, patch] = [parse(source), parse(other)]
  const edits: Edit[] = []
  const added: string[] = []
  for (const statement of patch.statements) {
    const [name] = namesOf(ts, statement)
    const found = file.statements.find((each) => name && namesOf(ts, each).includes(name))
    const text = statement.getText()
    if (found) edits.push({ start: found.getStart(), end: found.end, text })
    else added.push(text)
  }
  const text = edited(source, edits)
  return added.length === 0 ? text : [text.trimEnd(), ...added].join('\n\n') + '\n'
}

/** The text of the declarations of `names`, without comments: what a learner has to write. */
export async function declarations(source: string, names: string[]): Promise<Map<string, string>> {
  const ts = await typescript()
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.ES2022, true)
  const found = new Map<string, string>()
  for (const statement of file.statements)
    for (const name of namesOf(ts, statement))
      if (names.includes(name)) found.set(name, statement.getText())
  return found
}

interface Edit {
  start: number
  end: number
  text: string
}

function edited(source: string, edits: Edit[]): string {
  let text = source
  for (const { start, end, text: put } of edits.toSorted((a, b) => b.start - a.start))
    text = text.slice(0, start) + put + text.slice(end)
  return text
}

function namesOf(ts: Ts, statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText())
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement)
  return isNamed && statement.name ? [statement.name.text] : []
}

/** With the comment above it and the empty lines after it. */
function rangeOf(statement: ts.Statement, source: string): { start: number; end: number } {
  let { end } = statement
  while (source[end] === '\n') end++
  return { start: statement.getFullStart() + leadingBreaks(statement, source), end }
}

function leadingBreaks(statement: ts.Statement, source: string): number {
  return /^\n*/.exec(source.slice(statement.getFullStart()))?.[0].length ?? 0
}

function blankOf(ts: Ts, statement: ts.Statement, name: string): Edit {
  if (ts.isFunctionDeclaration(statement) && statement.body) {
    const { body, type } = statement
    const text = `{\n  // Yours to write.\n  ${returned(type?.getText() ?? 'void', name)}\n}`
    return { start: body.getStart(), end: body.end, text }
  }
  if (ts.isVariableStatement(statement)) {
    const [declaration] = statement.declarationList.declarations
    const value = declaration?.initializer
    if (value)
      return { start: value.getStart(), end: value.end, text: emptyOf(declaration.type?.getText()) }
  }
  throw new Error(`${name} has no body that could be left out`)
}

function returned(type: string, name: string): string {
  if (type.endsWith('[]')) return 'return []'
  return `throw new Error('${name} is not written yet')`
}

/** The value that stands for no answer. */
function emptyOf(type = 'string'): string {
  if (type.endsWith('[]')) return '[]'
  if (type === 'number') return 'NaN'
  return "''"
}
