/** Code as HTML, with comments, strings and keywords marked. */

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character)
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const keywords =
  'abstract|as|async|await|break|case|catch|char|class|const|continue|default|delete|do|else|' +
  'enum|export|extends|false|finally|for|from|function|if|import|in|int|interface|let|long|' +
  'new|null|of|readonly|return|short|static|struct|switch|this|throw|true|try|type|typeof|' +
  'undefined|union|unsigned|void|while|yield'
const strings = `"(?:\\\\.|[^"\\\\\\n])*"|'(?:\\\\.|[^'\\\\\\n])*'|\`(?:\\\\.|[^\`\\\\])*\``
const codeParts = new RegExp(
  `(?<c>//[^\\n]*|/\\*[^]*?\\*/)|(?<s>${strings})|(?<k>\\b(?:${keywords})\\b|^#\\w+)`,
  'gm',
)
const shellParts = new RegExp(`(?<c>(?<=^|\\s)#[^\\n]*)|(?<s>"[^"\\n]*"|'[^'\\n]*')`, 'gm')

/** The content of a `<code>` element. `language` is its name or the extension of a file. */
export function highlight(code: string, language: string): string {
  if (language === 'console') return session(code)
  if (/^(ts|mts|js|mjs|c|h|typescript|javascript)$/.test(language)) return marked(code, codeParts)
  if (/^(sh|bash)$/.test(language)) return marked(code, shellParts)
  return escapeHtml(code)
}

function marked(code: string, parts: RegExp): string {
  let html = ''
  let end = 0
  for (const match of code.matchAll(parts)) {
    const [kind] = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined) ?? ['']
    html += escapeHtml(code.slice(end, match.index))
    html += `<span class="${kind}">${escapeHtml(match[0])}</span>`
    end = match.index + match[0].length
  }
  return html + escapeHtml(code.slice(end))
}

/** Mark commands and holes. A line that begins with `> ` is a command only after a command. */
function session(code: string): string {
  let isCommand = false
  const lines = code.split('\n').map((line) => {
    isCommand = line.startsWith('$ ') || (isCommand && line.startsWith('> '))
    if (!isCommand) return withHoles(line)
    const prompt = escapeHtml(line.slice(0, 1))
    return `<span class="p">${prompt}</span><b>${withHoles(line.slice(1))}</b>`
  })
  return lines.join('\n')
}

/**
 * Holes stay in their braces, as on a code host; what may be anything is three dots. Two braces are
 * of a template: `{{end}}`.
 */
function withHoles(line: string): string {
  return escapeHtml(line).replace(hole, (whole, kind: string) =>
    kind === '…' ? '<var>…</var>' : `<var>${whole}</var>`,
  )
}

/** A hole in a line of a session; its kind is the first group. */
export const hole = /(?<!\{)\{(…|[a-z]+(?::[\w-]+)?)\}(?!\})/g
