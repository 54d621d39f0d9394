/** Tests. Makes a run of what the kernel tests printed on another machine. */
import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { join, relative } from 'node:path'
import type { MachineWords, Result, Run } from '../results.ts'
import type { Line } from './lines.ts'

const root = join(import.meta.dirname, '../..')

/**
 * The run that `lines` describe. Other lines are skipped, such as the kernel's messages on the same
 * console. If the last line of a run is missing, that is an error among the results. Throws if the
 * line about the machine is missing.
 */
export async function collect(lines: AsyncIterable<string>): Promise<Run> {
  let machine: MachineWords | undefined
  let isComplete = false
  const results: Result[] = []
  for await (const text of lines) {
    const line = parsed(text)
    if (!line) continue
    if ('machine' in line) machine = line.machine
    if ('result' in line) results.push(located(line.result))
    if ('leftover' in line) results.push(ofMachine('fail', line.leftover))
    if ('ended' in line) isComplete = true
  }
  if (!machine) throw new Error('the machine said nothing of itself')
  if (!isComplete) results.push(ofMachine('error', 'it ended before all tests had'))
  return { machine, results }
}

/** The tests that a run with --list names, as `FILE > NAME`. */
export async function listed(lines: AsyncIterable<string>): Promise<Set<string>> {
  const all = new Set<string>()
  for await (const text of lines) {
    const line = parsed(text)
    if (line && 'listed' in line) all.add(`${line.listed.file} > ${line.listed.name}`)
    if (line && 'result' in line) throw new Error(`${line.result.file}: ${line.result.reason}`)
  }
  return all
}

function parsed(text: string): Line | undefined {
  const start = text.indexOf('{"')
  try {
    return start < 0 ? undefined : (JSON.parse(text.slice(start)) as Line)
  } catch {
    return undefined // ignoring: a line of another program
  }
}

function ofMachine(outcome: 'fail' | 'error', reason: string): Result {
  return { file: '', name: 'the host is as it was', outcome, reason }
}

let map: SourceMap | undefined

/** The same result, with the places in its error translated from the bundle to the sources. */
function located(result: Result): Result {
  const path = join(root, 'dist/guest-tests/tests.cjs.map')
  if (result.error === undefined || !existsSync(path)) return result
  map ??= new SourceMap(JSON.parse(readFileSync(path, 'utf8')) as never)
  const own = map
  const place = (line: string, column: string): string => {
    const entry = own.findEntry(Number(line) - 1, Number(column) - 1)
    if (!('originalSource' in entry)) return `tests.cjs:${line}:${column}`
    const source = relative(root, join(root, 'dist/guest-tests', entry.originalSource))
    return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
  }
  const error = result.error.replace(
    /[^ (]*tests\.cjs:(\d+):(\d+)/g,
    (_, line: string, column: string) => place(line, column),
  )
  return { ...result, error }
}
