/**
 * Tests. The kernel tests as a program that needs Node and nothing else:
 *
 *     node dist/guest-tests/run.cjs [--list] [--patience TIMES] [--chapter N | N | FILE…]
 *
 * It finds out what the machine can do, then runs the files in two processes. It prints lines of
 * JSON (`Line`), and exits with 0 if nothing failed and nothing is left over.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { differences, host, markRun } from '../host.ts'
import { look } from '../look.ts'
import type { Result } from '../results.ts'
import { runFiles, type Orders } from './crew.ts'
import { chosen } from './files.ts'
import type { Line } from './lines.ts'

const own = join(import.meta.dirname, '../../dist/guest-tests')
const worker = join(own, 'worker.cjs')

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      list: { type: 'boolean', default: false },
      patience: { type: 'string', default: '1' },
      chapter: { type: 'string' },
    },
  })
  const wanted = [...positionals, ...(values.chapter === undefined ? [] : [values.chapter])]
  const files = chosen(wanted)
  if (files.length === 0 && !values.list) return fail(`no tests here for ${wanted.join(' ')}`)
  const patience = Number(values.patience)
  const orders = { worker, files, graceMs: 40_000 * patience }
  const onListed: Orders['onListed'] = (file, name) => print({ listed: { file, name } })
  const onResult = (result: Result) => {
    if (result.outcome === 'fail' || result.outcome === 'error') process.exitCode = 1
    print({ result })
  }
  const options = { isList: values.list, capabilities: [], patience }
  if (values.list) return runFiles({ ...orders, options, env: process.env, onListed, onResult })
  const start = performance.now()
  markRun()
  const before = host()
  const temporary = mkdtempSync(join(tmpdir(), 'stepbox-tests-'))
  chmodSync(temporary, 0o711) // for tests that run a program as an ordinary user
  const env = { ...process.env, TMPDIR: temporary }
  const { capabilities, machine } = await look()
  const { kernel, cgroups } = machine
  const date = new Date().toISOString()
  print({
    machine: {
      where: 'host',
      kernel,
      cgroups,
      cpus: availableParallelism(),
      node: machine.node,
      date,
    },
  })
  await runFiles({ ...orders, options: { ...options, capabilities }, env, onListed, onResult })
  const leftovers = await differences(before, temporary)
  rmSync(temporary, { recursive: true, force: true })
  for (const leftover of leftovers) {
    process.exitCode = 1
    print({ leftover })
  }
  print({ ended: { ms: Math.round(performance.now() - start) } })
}

function print(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}

void main()
