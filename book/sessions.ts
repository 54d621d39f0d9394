/**
 * Terminal sessions: compares what a text says that a command prints with what it printed.
 *
 *     ```console run
 *     $ readlink /proc/self/ns/uts
 *     uts:[{ns:host}]
 *     ```
 *
 * A hole stands for what varies: `{pid:a}`. The same name must be the same value throughout a
 * chapter, and different names different values where the kernel promises that (pid, ns, id,
 * digest); `{pid}` is any value, `{…}` any part of a line, and alone on a line any number of lines.
 * A hole in a command is filled in with the value that was seen.
 *
 * A block ```` ```console run vm ```` is played in a machine with a kernel of its own.
 */

/** Where a session is played: on this machine, or in a virtual machine. */
export type Place = 'host' | 'vm'

/** One command and what it prints. `line` is the line of the command in the file, from 1. */
export interface Exchange {
  command: string
  expected: string[]
  line: number
}

/** The values seen so far, by hole: `pid:a` → `4711`. */
export type Seen = Map<string, string>

const kinds: Record<string, string> = {
  pid: '[1-9][0-9]*',
  ns: '[1-9][0-9]{7,}',
  n: '-?[0-9]+(?:\\.[0-9]+)?',
  id: '[0-9a-f]{12,64}',
  digest: 'sha256:[0-9a-f]{64}',
  word: '\\S+',
}

const hole = /\{(…|[a-z]+)(?::([A-Za-z0-9_-]+))?\}/g
const manyLines = '{…}'

const blocks: Record<Place, RegExp> = {
  host: /^```console run\s*$/,
  vm: /^```console run vm\s*$/,
}

/** The exchanges of all sessions of a text that are played at `place`, in order. */
export function sessionsIn(markdown: string, place: Place): Exchange[] {
  const exchanges: Exchange[] = []
  let isInside = false
  markdown.split('\n').forEach((line, index) => {
    if (line.startsWith('```')) isInside = !isInside && blocks[place].test(line)
    else if (isInside) addLine(exchanges, line, index + 1)
  })
  return exchanges
}

/**
 * The commands of each console block of a text, in order, as a reader types them. A block that is
 * not played on this machine has none: it needs another one, or a reader who answers.
 */
export function commandsIn(markdown: string): string[][] {
  const all: string[][] = []
  let block: string[] | undefined
  let [isInside, isCommand] = [false, false]
  for (const line of markdown.split('\n')) {
    isCommand = line.startsWith('$ ') || (isCommand && line.startsWith('> '))
    if (line.startsWith('```')) {
      isInside = !isInside
      block = isInside && /^```console\b/.test(line) ? [] : undefined
      if (block) all.push(block)
      if (!blocks.host.test(line)) block = undefined
    } else if (block && isCommand) {
      const before = line.startsWith('> ') ? `${block.pop()}\n` : ''
      block.push(`${before}${line.slice(2)}`)
    }
  }
  return all
}

function addLine(exchanges: Exchange[], text: string, line: number): void {
  const last = exchanges.at(-1)
  if (text.startsWith('$ ')) exchanges.push({ command: text.slice(2), expected: [], line })
  else if (!last) throw new Error(`line ${line}: a session begins with a command: $ …`)
  else if (text.startsWith('> ') && last.expected.length === 0) last.command += `\n${text.slice(2)}`
  else last.expected.push(text)
}

/** Fill the named holes of a command with the values that were seen. */
export function filled(command: string, seen: Seen): string {
  return command.replace(hole, (whole, kind: string, name: string | undefined) => {
    if (name === undefined || !(kind in kinds)) return whole
    const value = seen.get(`${kind}:${name}`)
    if (value === undefined) throw new Error(`${whole} is used before it was seen`)
    return value
  })
}

/**
 * Compare `actual` with `expected`. Gives all values seen so far if they match, and otherwise the
 * index of the first expected line that does not.
 */
export function compare(expected: string[], actual: string[], seen: Seen): Seen | number {
  const [first, ...rest] = expected
  if (first === undefined) return actual.length === 0 ? seen : 0
  if (first === manyLines) {
    for (let skipped = 0; skipped <= actual.length; skipped++) {
      const result = compare(rest, actual.slice(skipped), seen)
      if (typeof result !== 'number') return result
    }
    return 1
  }
  const [line, ...others] = actual
  const seenHere = line === undefined ? undefined : compareLine(first, line, seen)
  if (!seenHere) return 0
  const result = compare(rest, others, seenHere)
  return typeof result === 'number' ? result + 1 : result
}

/** All values seen so far, with those of `line`; undefined if it does not match. */
function compareLine(expected: string, line: string, seen: Seen): Seen | undefined {
  const names: (string | undefined)[] = []
  let pattern = ''
  let end = 0
  for (const match of expected.matchAll(hole)) {
    const [whole, kind = '', name] = match
    const known = kinds[kind]
    if (known === undefined && kind !== '…') continue
    pattern += escaped(expected.slice(end, match.index))
    end = match.index + whole.length
    const key = name === undefined ? undefined : `${kind}:${name}`
    const value = key === undefined ? undefined : seen.get(key)
    pattern += value === undefined ? `(${known ?? '.*?'})` : `(${escaped(value)})`
    names.push(key)
  }
  pattern += escaped(expected.slice(end))
  const found = new RegExp(`^${pattern}$`, 'u').exec(line)
  if (!found) return undefined
  const seenHere = new Map(seen)
  for (const [index, key] of names.entries()) {
    const value = found[index + 1] ?? ''
    if (key !== undefined && !see(seenHere, key, value)) return undefined
  }
  return seenHere
}

/** Note a value. False if the name has another value, or another name of its kind has this one. */
function see(seen: Seen, key: string, value: string): boolean {
  const kind = key.slice(0, key.indexOf(':') + 1)
  for (const [otherKey, otherValue] of seen) {
    if (otherKey === key) return otherValue === value
    const isUnique = kind !== 'n:' && kind !== 'word:'
    if (isUnique && otherKey.startsWith(kind) && otherValue === value) return false
  }
  seen.set(key, value)
  return true
}

/**
 * What the text should say: `actual`, but with the lines of `expected` that still match, and with
 * holes for the values that have names.
 */
export function refreshed(expected: string[], actual: string[], seen: Seen): string[] {
  let from = 0
  return actual.map((line) => {
    const at = expected.findIndex((old, i) => i >= from && compareLine(old, line, seen))
    const old = expected[at]
    if (old === undefined) return withHoles(line, seen)
    from = at + 1
    return old
  })
}

function withHoles(line: string, seen: Seen): string {
  const longestFirst = [...seen].sort(([, a], [, b]) => b.length - a.length)
  return longestFirst.reduce(
    (text, [key, value]) => text.replace(new RegExp(`\\b${escaped(value)}\\b`, 'gu'), `{${key}}`),
    line,
  )
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
