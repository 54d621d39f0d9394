/** Finds the code that made a line of a list: the declaration with the line's reason in it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { highlight } from '../highlight.ts'
import { root } from '../links.ts'
import { symbolIn, symbolsOf } from '../symbols.ts'

/** A declaration in a file of `runtime/`. */
interface Declared {
  path: string
  symbol: string
  code: string
}

interface Found {
  declared: Declared
  /** The line of the declaration, from 0. */
  at: number
}

/** A reason as it is written in the code: literally, or with holes that anything may fill. */
interface Reason extends Found {
  pattern: RegExp
  /** How much of the reason is written there; holes do not count. */
  letters: number
}

let known: Reason[] | undefined
const found = new Map<string, Found | undefined>()

/** The declaration with the reason of a line, and the line of it; undefined if there is none. */
export function codeOf(why: string): Found | undefined {
  if (!found.has(why)) found.set(why, foundIn((known ??= planners().flatMap(reasonsIn)), why))
  return found.get(why)
}

/** Of several that match, the one with most of the reason in it. */
function foundIn(reasons: Reason[], why: string): Found | undefined {
  const matching = reasons.filter(({ pattern }) => pattern.test(why))
  return matching.sort((a, b) => b.letters - a.letters)[0]
}

/** All top-level declarations of the folders that the chapters added. */
function planners(): Declared[] {
  const folders = readdirSync(join(root, 'runtime')).filter((name) => /^\d\d-/.test(name))
  const paths = folders.sort().flatMap((folder) => {
    const names = readdirSync(join(root, 'runtime', folder)).filter((name) => name.endsWith('.ts'))
    return names.sort().map((name) => `runtime/${folder}/${name}`)
  })
  return paths.flatMap((path) => {
    const source = readFileSync(join(root, path), 'utf8')
    return symbolsOf(source).map((symbol) => {
      return { path, symbol, code: symbolIn(source, symbol)?.code ?? '' }
    })
  })
}

const literal = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g
const fewestLetters = 8

function reasonsIn(declared: Declared): Reason[] {
  return [...declared.code.matchAll(literal)].flatMap((match) => {
    const text = (match[1] ?? match[2] ?? match[3] ?? '').replace(/\\(.)/g, '$1')
    const parts = match[3] === undefined ? [text] : text.split(/\$\{[^}]*\}/)
    const letters = parts.join('').length
    if (letters < fewestLetters || !text.includes(' ')) return []
    const pattern = new RegExp(`^${parts.map(literally).join('.+')}$`, 's')
    return [{ declared, at: lineAt(declared.code, match.index), pattern, letters }]
  })
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function lineAt(code: string, index: number): number {
  return code.slice(0, index).split('\n').length - 1
}

/** The code as lines of HTML; what spans several lines is marked in each. */
export function htmlLines(code: string): string[] {
  let open = ''
  return highlight(code, 'ts').split('\n').map((line) => {
    const before = open
    for (const [tag] of line.matchAll(/<span[^>]*>|<\/span>/g)) open = tag === '</span>' ? '' : tag
    return `${before}${line}${open ? '</span>' : ''}`
  })
}
