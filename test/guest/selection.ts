/**
 * Tests. Checks which tests run on other kernels. A test needs the kernel if it asks for a
 * capability of doctor. It runs on other kernels if it takes its context. Both must hold, or
 * neither, except in the files that left-out.json names.
 */
import { topics } from '../../runtime/tools/doctor/capabilities.ts'
import type { Result } from '../results.ts'
import { leftOutFiles } from '../tables.ts'
import { onHost } from './boot.ts'
import { listed } from './collect.ts'

const capabilities = new Set<string>(topics.flatMap(([, names]) => names))

/** A failure for each test where the two differ. `results` has all tests of its files. */
export async function selectionMistakes(results: Result[]): Promise<Result[]> {
  const leftOut = leftOutFiles()
  const all = [...new Set(results.map(({ file }) => file))]
  const files = all.filter((file) => file !== '' && !leftOut.includes(file))
  const chosen = await listed(onHost(['--list', ...files]))
  const compared = results.filter(({ file }) => files.includes(file))
  return compared.flatMap(({ file, name, outcome, needs = [] }) => {
    const asks = needs.some((need) => capabilities.has(need))
    const isChosen = chosen.has(`${file} > ${name}`)
    const isOver = outcome === 'pass' || outcome === 'blocked'
    if (asks === isChosen || (!asks && !isOver)) return []
    const reason = asks
      ? 'asks for the kernel without its own context, and is left out on other machines'
      : 'takes its context and asks for nothing of the kernel, and is run on other machines'
    return [{ file, name, outcome: 'error' as const, reason, error: reason }]
  })
}
