/** Go templates, cut into words: text, and what stands between `{{` and `}}`. */

/** A piece of a template: literal text, or the words of an action. */
export type TemplatePiece = { text: string } | { words: Word[]; at: number }

export interface Word {
  kind: 'name' | 'field' | 'variable' | 'string' | 'number' | 'sign'
  /** As it is typed; of a string, what it stands for. */
  text: string
  /** Where it begins in the template. */
  at: number
  /** A blank stands before it: `.A .B` are two operands, `.A.B` is one. */
  isApart: boolean
}

/** A template that cannot be understood. */
export class TemplateError extends Error {}

/**
 * Cut a template into its pieces. `{{- ` takes the blanks before it away and ` -}}` those after it;
 * what is between comment signs is dropped.
 */
export function piecesOf(template: string): TemplatePiece[] {
  const pieces: TemplatePiece[] = []
  let at = 0
  let trims = false
  const addText = (end: number, trimsEnd: boolean) => {
    let text = template.slice(at, end)
    if (trims) text = text.trimStart()
    if (trimsEnd) text = text.trimEnd()
    if (text) pieces.push({ text })
  }
  for (;;) {
    const open = template.indexOf('{{', at)
    if (open < 0) break
    const trimsBefore = /^-\s/.test(template.slice(open + 2, open + 4))
    addText(open, trimsBefore)
    const begin = open + (trimsBefore ? 3 : 2)
    const comment = /^\s*\/\*[^]*?\*\/\s*-?}}/.exec(template.slice(begin))?.[0]
    const { words, end } = comment
      ? { words: [], end: begin + comment.length }
      : wordsOf(template, begin)
    trims = /\s-}}$/.test(template.slice(begin - 1, end))
    if (!comment) pieces.push({ words, at: begin })
    at = end
  }
  addText(template.length, false)
  return pieces
}

const signs = /^(?:-(?=}})|:=|[|()=,])/
const kinds: [Word['kind'], RegExp][] = [
  ['string', /^(?:"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)')/],
  ['number', /^[+-]?(?:0[xX][\da-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/],
  ['field', /^\.[\p{L}_][\p{L}\p{N}_]*/u],
  ['field', /^\./],
  ['variable', /^\$[\p{L}\p{N}_]*/u],
  ['name', /^[\p{L}_][\p{L}\p{N}_]*/u],
  ['sign', signs],
]

/** The words of one action, and where the text after its `}}` begins. */
function wordsOf(template: string, begin: number): { words: Word[]; end: number } {
  const words: Word[] = []
  let at = begin
  for (;;) {
    const blanks = /^\s*/.exec(template.slice(at))?.[0].length ?? 0
    at += blanks
    const rest = template.slice(at)
    const close = /^-?}}/.exec(rest)?.[0]
    if (close === '}}' || (close && blanks > 0)) return { words, end: at + close.length }
    if (rest === '') throw new TemplateError(`template: unclosed action at {{${snippet(words)}`)
    const [kind, pattern] = kinds.find(([, each]) => each.test(rest)) ?? []
    const found = pattern?.exec(rest)?.[0]
    if (!kind || found === undefined)
      throw new TemplateError(`template: ${position(template, at)}: unexpected '${rest.charAt(0)}'`)
    const text = kind === 'string' ? unquoted(found) : found
    words.push({ kind, text, at, isApart: blanks > 0 || at === begin })
    at += found.length
  }
}

function snippet(words: Word[]): string {
  return words.map(({ text, isApart }) => (isApart ? ` ${text}` : text)).join('').trim()
}

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f' }

/** A string of Go: in double quotes with escapes, in backquotes as it is. */
function unquoted(text: string): string {
  if (text.startsWith('`')) return text.slice(1, -1)
  return text.slice(1, -1).replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|.)/g, (_, code: string) => {
    if (/^[xu]./.test(code)) return String.fromCodePoint(parseInt(code.slice(1), 16))
    return escapes[code] ?? code
  })
}

/** `1:7`, as Go counts: the line from 1, the column from 0. */
export function position(template: string, at: number): string {
  const before = template.slice(0, at).split('\n')
  return `${before.length}:${before.at(-1)?.length ?? 0}`
}
