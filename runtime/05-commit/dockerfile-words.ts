/** Words in a line of a Dockerfile: quotes, backslashes and variables. */

/** Split at spaces outside quotes. Quotes and backslashes stay; `expand` removes them. */
export function words(text: string): string[] {
  return text.match(/(?:\\.|"(?:\\.|[^"\\])*"?|'[^']*'?|[^\s\\"']|\\$)+/gs) ?? []
}

/**
 * Remove quotes and backslashes, and replace variables: `$NAME`, `${NAME}`, `${NAME:-otherwise}`,
 * `${NAME:+instead}`. An unknown variable is empty; single quotes keep their text as it is. `env`
 * has `NAME=value` entries, the last of a name counts. Throws if a quote or a brace is not closed.
 */
export function expand(text: string, env: string[]): string {
  const parts = text.match(part) ?? []
  if (parts.join('') !== text) throw new Error('a quote or a ${ is not closed')
  return parts.map((each) => expandPart(each, env)).join('')
}

/** One part: a backslash and its character, a quoted text, a variable, or plain text. */
const part = /\\.?|'[^']*'|"(?:\\.|[^"\\])*"|\$\{[^}]*\}|\$\w+|\$(?!\{)|[^\\'"$]+/gs

function expandPart(text: string, env: string[]): string {
  if (text.startsWith("'")) return text.slice(1, -1)
  if (text.startsWith('"')) return expandQuoted(text.slice(1, -1), env)
  if (text.startsWith('\\')) return text.slice(1)
  return text.startsWith('$') && text.length > 1 ? variable(text, env) : text
}

/** In double quotes, a backslash is removed only before `"`, `$` and another backslash. */
function expandQuoted(text: string, env: string[]): string {
  return text.replace(/\\["$\\]|\$\{[^}]*\}|\$\w+/gs, (each) =>
    each.startsWith('\\') ? each.slice(1) : variable(each, env),
  )
}

function variable(text: string, env: string[]): string {
  const inBraces = /^\$\{(\w+)(?:(:[-+])(.*))?\}$/s.exec(text)
  if (!inBraces && text.startsWith('${'))
    throw new Error(`${text} is not \${NAME}, \${NAME:-word} or \${NAME:+word}`)
  const [, name = text.slice(1), operator, word = ''] = inBraces ?? []
  const value = valueOf(name, env)
  if (operator === ':-') return value || expand(word, env)
  if (operator === ':+') return value ? expand(word, env) : ''
  return value
}

function valueOf(name: string, env: string[]): string {
  return env.findLast((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
}
