/** The files that a chapter's list is made of, as the checkout has them. */
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { checkout } from '../checkout.ts'

/** The text of a file of the checkout: `runtime/step.ts`. */
export function sourceOf(path: string): string {
  return readFileSync(join(checkout, path), 'utf8')
}

/** The paths of the files `from`, and of all that they import, types too, in order. */
export function closure(from: string[]): string[] {
  const found = new Set<string>()
  const visit = (path: string) => {
    if (found.has(path)) return
    found.add(path)
    for (const each of importsIn(sourceOf(path)))
      if (each.startsWith('.')) visit(normalize(join(dirname(path), each)))
  }
  for (const path of from) visit(path)
  return [...found].sort()
}

function importsIn(source: string): string[] {
  return [...source.matchAll(/^(?:import|export)\s+(?:[^'"]*?\bfrom\s*)?['"]([^'"]+)['"]/gm)].map(
    ([, path]) => path ?? '',
  )
}
