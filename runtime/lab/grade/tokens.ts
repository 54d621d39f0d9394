/** The tokens of TypeScript, without what a copyist changes: names, spaces, comments and texts. */

/** A token, as it is compared, and where it begins and ends in the text. */
export interface Token {
  /** A keyword, a sign or a member's name; `i`, `n` or `s` for an identifier, number or string. */
  text: string
  start: number
  end: number
}

/**
 * All tokens of `source`. Names become one token, except after a dot: which members are used is
 * given by the types, and no copyist can rename those. Text that is no TypeScript has tokens, too.
 */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  for (const match of source.matchAll(token)) {
    const { blank, name, number, string, sign = '' } = match.groups ?? {}
    if (blank !== undefined) continue
    const before = tokens.at(-1)?.text
    const isMember = before === '.' || before === '?.'
    const kind = number !== undefined ? 'n' : string !== undefined ? 's' : sign
    const text = name === undefined ? kind : isMember || keywords.has(name) ? name : 'i'
    // A semicolon or a comma before a bracket is a matter of taste.
    if (text === ';') continue
    if (before === ',' && /^[)\]}]$/.test(text)) tokens.pop()
    tokens.push({ text, start: match.index, end: match.index + match[0].length })
  }
  return tokens
}

/** A template is one string: what is in its `${}` is compared with nothing. */
const token = new RegExp(
  [
    String.raw`(?<blank>\s+|\/\/.*|\/\*[^]*?(?:\*\/|$))`,
    String.raw`(?<name>[\p{L}_$#][\p{L}\p{N}_$]*)`,
    String.raw`(?<number>\d[\w.]*)`,
    String.raw`(?<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|` + '`(?:\\\\[^]|[^`\\\\])*`)',
    String.raw`(?<sign>=>|\?\.(?!\d)|\?\?=?|\.{3}|[=!]==?|&&=?|\|\|=?|\+\+|--|[-+*/%]=|[^])`,
  ].join('|'),
  'gu',
)

const keywords = new Set(
  (
    'as async await break case catch class const continue default delete do else export extends ' +
    'false finally for from function if import in instanceof interface let new null of return ' +
    'satisfies static super switch this throw true try type typeof undefined var void while yield'
  ).split(' '),
)
