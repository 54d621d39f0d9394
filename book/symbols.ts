/** Code by reference: finds the source of a symbol of a file by its name. */

export interface Excerpt {
  code: string
  /** Line number of the first line, from 1. */
  line: number
}

/**
 * The top-level declaration of `name` in a TypeScript or C `source`, with the comment above it, or
 * undefined. Relies on the code style: text at the left margin begins or ends a declaration.
 */
export function symbolIn(source: string, name: string): Excerpt | undefined {
  const lines = source.split('\n')
  const at = lines.findIndex((line) => declaredBy(line) === name)
  if (at < 0) return undefined
  const start = startOfComment(lines, at)
  return { code: lines.slice(start, endOf(lines, at) + 1).join('\n'), line: start + 1 }
}

/** The names of all top-level declarations of a `source`, in order. */
export function symbolsOf(source: string): string[] {
  return source.split('\n').flatMap((line) => declaredBy(line) ?? [])
}

/** The item of `all` that is the fewest edits away from `word`. */
export function nearest(word: string, all: string[]): string | undefined {
  const distances = all.map((other) => ({ other, distance: distance(word, other) }))
  return distances.sort((a, b) => a.distance - b.distance)[0]?.other
}

const typescript =
  /^(?:export )?(?:default )?(?:async )?(?:function\*?|const|let|class|interface|type) (\w+)/
const cFunction = /^(?:static |const |unsigned |struct |[a-z_]+(?:_t)? )[\w *]*?\**(\w+)\([^;]*$/
const cFunctionOnOneLine = /^[\w *]+?\**(\w+)\(.*\) \{.*\}$/
const cData = /^(?:static )?(?:const )?struct (?:\w+ )?(?:(\w+)\[\] = )?\{/
const cStruct = /^(?:struct|union|enum) (\w+) \{/
const cMacro = /^#define (\w+)/

/** The name that `line` declares, if it is at the left margin. */
function declaredBy(line: string): string | undefined {
  if (!/^[#\w]/.test(line)) return undefined
  for (const form of [typescript, cStruct, cMacro, cData, cFunctionOnOneLine, cFunction]) {
    const name = form.exec(line)?.[1]
    if (name) return name
  }
  return undefined
}

function startOfComment(lines: string[], at: number): number {
  let start = at
  while (start > 0 && /^(\/\*|\/\/| \*)/.test(lines[start - 1] ?? '')) start--
  return start
}

/** The index of the last line of the declaration that begins at `at`. */
function endOf(lines: string[], at: number): number {
  let end = at
  for (let next = at + 1; next < lines.length; next++) {
    const line = lines[next] ?? ''
    if (line === '') continue
    const isInside = /^[\s})\]]/.test(line)
    if (!isInside) break
    end = next
    if (/^[})\]]/.test(line) && !/[{([]$/.test(line)) break
  }
  return end
}

/** The Levenshtein distance: the fewest insertions, deletions and changes of a letter. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const above = row
    row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(change, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
  }
  return row[b.length] ?? 0
}
