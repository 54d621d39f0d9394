/** Chapter 5. Words as a Dockerfile has them: quotes, backslashes and `$NAME`. */

/** Cut at spaces that are not quoted; quotes and backslashes stay, for `expand` to take away. */
export function words(text: string): string[] {
  return text.match(/(?:\\.|"(?:\\.|[^"\\])*"?|'[^']*'?|[^\s\\"']|\\$)+/gs) ?? []
}

/**
 * Take away quotes and backslashes, and put in variables: `$NAME`, `${NAME}`, `${NAME:-otherwise}`,
 * `${NAME:+instead}`; an unknown one is empty. Nothing is put in between single quotes.
 */
export function expand(text: string, env: string[]): string {
  const parts = text.match(part) ?? []
  if (parts.join('') !== text) throw new Error('a quote or a ${ is not closed')
  return parts.map((each) => expandPart(each, env)).join('')
}

const part = /\\.?|'[^']*'|"(?:\\.|[^"\\])*"|\$\{[^}]*\}|\$\w+|\$(?!\{)|[^\\'"$]+/gs

function expandPart(text: string, env: string[]): string {
  if (text.startsWith("'")) return text.slice(1, -1)
  if (text.startsWith('"')) return expandQuoted(text.slice(1, -1), env)
  if (text.startsWith('\\')) return text.slice(1)
  return text.startsWith('$') && text.length > 1 ? variable(text, env) : text
}

/** Between double quotes, a backslash is taken away before `"`, `$` and itself alone. */
function expandQuoted(text: string, env: string[]): string {
  return text.replace(/\\["$\\]|\$\{[^}]*\}|\$\w+/gs, (each) =>
    each.startsWith('\\') ? each.slice(1) : variable(each, env),
  )
}

function variable(text: string, env: string[]): string {
  const inBraces = /^\$\{(\w+)(?:(:[-+])(.*))?\}$/s.exec(text)
  if (!inBraces && text.startsWith('${')) throw new Error(`${text} is none of \${NAME}, :- and :+`)
  const [, name = text.slice(1), operator, word = ''] = inBraces ?? []
  const value = valueOf(name, env)
  if (operator === ':-') return value || expand(word, env)
  if (operator === ':+') return value ? expand(word, env) : ''
  return value
}

function valueOf(name: string, env: string[]): string {
  return env.findLast((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
}
