/** Go templates, parsed: pieces become a tree (pkg.go.dev/text/template). */
import { functions, lazy } from './functions.ts'
import { piecesOf, position, TemplateError, type TemplatePiece, type Word } from './words.ts'

export type TemplateNode =
  | { kind: 'text'; text: string }
  | { kind: 'action'; pipe: Pipe }
  | Block
  | { kind: 'break' }
  | { kind: 'continue' }

export interface Block {
  kind: 'if' | 'with' | 'range'
  pipe: Pipe
  body: TemplateNode[]
  otherwise: TemplateNode[]
}

/** `$a, $b := command | command | …` */
export interface Pipe {
  variables: string[]
  /** `=`: the variables are there already. */
  isAssignment: boolean
  commands: Operand[][]
}

/** A value, and the fields that follow it: `.A.B`, `$x.A`, `(index .A 1).B`. */
export interface Operand {
  of: { dot: true } | { variable: string } | { function: string } | { pipe: Pipe } | Literal
  fields: string[]
  /** As it is typed, for errors. */
  text: string
  at: number
}

interface Literal {
  value: string | number | boolean | null
}

export interface Template {
  source: string
  nodes: TemplateNode[]
}

/** Parse a template. Throws TemplateError with what is wrong. */
export function parseTemplate(source: string): Template {
  const pieces = piecesOf(source)
  const reader: Reader = { source, pieces, at: 0 }
  const { nodes, end } = nodesUntilEnd(reader)
  if (end) throw problem(reader, end[0], `unexpected {{${end[0]?.text}}}`)
  return { source, nodes }
}

interface Reader {
  source: string
  pieces: TemplatePiece[]
  at: number
}

const blocks = ['if', 'with', 'range']
const unknown = ['define', 'template', 'block']

/** The nodes up to `{{end}}` or `{{else}}`, whose words are given too. */
function nodesUntilEnd(reader: Reader): { nodes: TemplateNode[]; end?: Word[] } {
  const nodes: TemplateNode[] = []
  for (let piece = reader.pieces[reader.at++]; piece; piece = reader.pieces[reader.at++]) {
    if ('text' in piece) {
      nodes.push({ kind: 'text', text: piece.text })
      continue
    }
    const [first, ...rest] = piece.words
    const keyword = first?.kind === 'name' ? first.text : ''
    if (!first) throw new TemplateError(`template: missing value for command at {{}}`)
    if (keyword === 'end' || keyword === 'else') return { nodes, end: piece.words }
    if (keyword === 'break') nodes.push({ kind: 'break' })
    else if (keyword === 'continue') nodes.push({ kind: 'continue' })
    else if (unknown.includes(keyword)) throw problem(reader, first, `{{${keyword}}} is not known`)
    else if (blocks.includes(keyword)) nodes.push(block(reader, keyword, rest))
    else nodes.push({ kind: 'action', pipe: pipeOf(reader, piece.words) })
  }
  return { nodes }
}

function block(reader: Reader, keyword: string, words: Word[]): Block {
  const kind = keyword as Block['kind']
  const pipe = pipeOf(reader, words)
  const { nodes: body, end } = nodesUntilEnd(reader)
  if (!end) throw new TemplateError(`template: {{${keyword}}} without {{end}}`)
  const [last, again, ...more] = end
  if (last?.text === 'end') return { kind, pipe, body, otherwise: [] }
  if (again) return { kind, pipe, body, otherwise: [block(reader, again.text, more)] }
  const { nodes: otherwise, end: final } = nodesUntilEnd(reader)
  if (final?.[0]?.text !== 'end') throw new TemplateError(`template: {{else}} without {{end}}`)
  return { kind, pipe, body, otherwise }
}

function pipeOf(reader: Reader, words: Word[]): Pipe {
  const at = words.findIndex(({ text, kind }) => kind === 'sign' && /^:?=$/.test(text))
  const names = words.slice(0, Math.max(0, at)).filter(({ kind }) => kind === 'variable')
  const left = [...words.slice(at + 1)]
  const commands = commandsIn(reader, left)
  if (left.length > 0) throw problem(reader, left[0], `unexpected '${left[0]?.text}'`)
  return {
    variables: names.map(({ text }) => text),
    isAssignment: words[at]?.text === '=',
    commands,
  }
}

/** Takes words from the front, up to a `)` that is not its own. */
function commandsIn(reader: Reader, words: Word[]): Operand[][] {
  const commands: Operand[][] = [[]]
  for (let word = words[0]; word && word.text !== ')'; word = words[0]) {
    if (word.kind === 'sign' && word.text === '|') {
      words.shift()
      commands.push([])
    } else commands.at(-1)?.push(operandIn(reader, words))
  }
  if (commands.some((command) => command.length === 0))
    throw problem(reader, words[0], 'missing value for command')
  return commands
}

const constants: Record<string, Literal['value']> = { true: true, false: false, nil: null }

function operandIn(reader: Reader, words: Word[]): Operand {
  const word = words.shift() as Word
  const of = baseOf(reader, word, words)
  const fields = word.kind === 'field' && word.text !== '.' ? [word.text.slice(1)] : []
  let text = word.text
  while (words[0]?.kind === 'field' && !words[0].isApart && words[0].text !== '.') {
    const field = words.shift() as Word
    fields.push(field.text.slice(1))
    text += field.text
  }
  return { of, fields, text, at: word.at }
}

function baseOf(reader: Reader, word: Word, words: Word[]): Operand['of'] {
  const { kind, text } = word
  if (kind === 'field') return { dot: true }
  if (kind === 'variable') return { variable: text }
  if (kind === 'string') return { value: text }
  if (kind === 'number') return { value: Number(text) }
  if (kind === 'name' && text in constants) return { value: constants[text] ?? null }
  if (kind === 'name' && (Object.hasOwn(functions, text) || Object.hasOwn(lazy, text)))
    return { function: text }
  if (kind === 'name') throw problem(reader, word, `function "${text}" not defined`)
  if (text !== '(') throw problem(reader, word, `unexpected '${text}'`)
  const commands = commandsIn(reader, words)
  if (words.shift()?.text !== ')') throw problem(reader, word, "a '(' without ')'")
  return { pipe: { variables: [], isAssignment: false, commands } }
}

function problem({ source }: Reader, word: Word | undefined, why: string): TemplateError {
  return new TemplateError(`template: ${position(source, word?.at ?? source.length)}: ${why}`)
}
