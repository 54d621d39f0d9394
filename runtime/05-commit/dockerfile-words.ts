/** The text of a Dockerfile: its instructions, their words, quotes, backslashes and variables. */

/**
 * The instructions in `text`, each as one line: without comments and empty lines, and joined where
 * a backslash ends a line. A comment may stand between such lines, too.
 */
export function instructionsIn(text: string): string[] {
  const found: string[] = []
  let open = ''
  for (const line of text.split('\n')) {
    if (/^\s*(#|$)/.test(line)) continue
    const [, before] = /^(.*)\\[ \t\r]*$/s.exec(line) ?? []
    open += before ?? line
    if (before !== undefined) continue
    found.push(open.trim())
    open = ''
  }
  return open.trim() === '' ? found : [...found, open.trim()]
}

/** Split at spaces outside quotes. Quotes and backslashes stay; `expand` removes them. */
export function words(text: string): string[] {
  return text.match(/(?:\\.|"(?:\\.|[^"\\])*"?|'[^']*'?|[^\s\\"']|\\$)+/gs) ?? []
}

/**
 * Remove quotes and backslashes, and replace variables as the shell does: `$NAME`, `${NAME}`, and
 *
 *     ${NAME:-word}   word if NAME is unset or empty     ${NAME-word}   if it is unset
 *     ${NAME:+word}   word if NAME is not empty          ${NAME+word}   if it is set
 *     ${NAME:?word}   an error in the words of `word` if NAME is unset or empty
 *
 * In `word` all of this may come again. An unknown variable is empty; single quotes keep their text
 * as it is. `env` has `NAME=value` entries, the last of a name counts. Throws if a quote or a brace
 * is not closed.
 */
export function expand(text: string, env: string[]): string {
  const reader: Reader = { text, at: 0, env }
  return expandUntil(reader, '')
}

/** A text that is read from left to right. */
interface Reader {
  text: string
  at: number
  env: string[]
}

/** Expand up to the character `end`, which is passed over; or, without one, to the end. */
function expandUntil(reader: Reader, end: string): string {
  let out = ''
  for (let next = take(reader); next !== end; next = take(reader)) {
    if (next === '') throw new Error(notClosed)
    if (next === "'") out += quoted(reader)
    else if (next === '"') out += doubleQuoted(reader)
    else if (next === '$') out += variable(reader)
    else out += next === '\\' ? take(reader) : next
  }
  return out
}

const notClosed = 'a quote or a ${ is not closed'

/** The next character; an empty text at the end. */
function take(reader: Reader): string {
  return reader.text[reader.at++] ?? ''
}

function quoted(reader: Reader): string {
  const end = reader.text.indexOf("'", reader.at)
  if (end < 0) throw new Error(notClosed)
  const inside = reader.text.slice(reader.at, end)
  reader.at = end + 1
  return inside
}

/** In double quotes, a backslash is removed only before `"`, `$` and another backslash. */
function doubleQuoted(reader: Reader): string {
  let out = ''
  for (let next = take(reader); next !== '"'; next = take(reader)) {
    if (next === '') throw new Error(notClosed)
    if (next === '$') out += variable(reader)
    else if (next !== '\\') out += next
    else {
      const escaped = take(reader)
      out += /^["$\\]?$/.test(escaped) ? escaped : `\\${escaped}`
    }
  }
  return out
}

/** What stands behind a `$`. Names like `$1` and `$$`, which the shell has, are empty here. */
function variable(reader: Reader): string {
  const isBraced = reader.text[reader.at] === '{'
  if (isBraced) reader.at++
  const [name = ''] = /^(?:[A-Za-z_]\w*|\d+|[@*#?$!-])?/.exec(reader.text.slice(reader.at)) ?? []
  reader.at += name.length
  const value = valueOf(name, reader.env)
  if (!isBraced) return name === '' ? '$' : (value ?? '')
  const [operator = ''] = /^(?:\}|:?[-+?])?/.exec(reader.text.slice(reader.at)) ?? []
  reader.at += operator.length
  if (name === '' || operator === '') throw notAForm(reader)
  return operator === '}' ? (value ?? '') : substituted(reader, { name, operator, value })
}

interface Substitution {
  name: string
  operator: string
  value: string | undefined
}

function substituted(reader: Reader, { name, operator, value }: Substitution): string {
  const isThere = operator.startsWith(':') ? Boolean(value) : value !== undefined
  const word = expandUntil(reader, '}')
  if (operator.endsWith('+')) return isThere ? word : ''
  if (operator.endsWith('?') && !isThere) throw new Error(`${name}: ${word || 'it is not set'}`)
  return isThere ? (value ?? '') : word
}

function notAForm({ text, at }: Reader): Error {
  const begin = text.lastIndexOf('${', at)
  const end = text.indexOf('}', at - 1)
  if (end < 0) return new Error(notClosed)
  const form = text.slice(begin, end + 1)
  return new Error(`${form} is not \${NAME}, \${NAME:-word} or \${NAME:+word}`)
}

function valueOf(name: string, env: string[]): string | undefined {
  return env.findLast((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1)
}
