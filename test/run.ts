/** Tests. Run vitest, count the results, and compare the host after the run with before. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCLI, startVitest, type TestCase, type TestModule, type TestSuite } from 'vitest/node'
import { Claims } from './claims.ts'
import { inMachines } from './guest/boot.ts'
import { chapterPath } from './guest/files.ts'
import { selectionMistakes } from './guest/selection.ts'
import { differences, host, markRun } from './host.ts'
import { changesOf, networkOf } from './host-network.ts'
import { look } from './look.ts'
import { machineNetwork } from './own-network.ts'
import { printLongest, report, type Time } from './report.ts'
import { keep, skipped, unsteady, type MachineWords, type Outcome } from './results.ts'
import type { Result, Run } from './results.ts'
import { sources } from './sources.ts'

const root = join(import.meta.dirname, '..')

/**
 * Run the tests that `args` name (chapter numbers, parts of paths, vitest's own options), or all.
 * With `--vm` the kernel tests among them also run on the kernel of a virtual machine, with
 * `--vm=KERNEL,…` on these. Prints what was skipped and why, what is left over on the host, and in
 * the last line the counts. Gives the exit code: 2 if nothing can be run for `args`.
 */
export async function run(args: string[]): Promise<number> {
  const [vm, own] = [args.filter(isForVm), args.filter((arg) => !isForVm(arg))]
  const kernels = vm.flatMap((arg) => (arg.slice('--vm='.length) || 'stable').split(','))
  const parsed = parseCLI(['vitest', 'run', ...own])
  const mistake =
    parsed.filter.map(mistakeIn).find((each) => each !== undefined) ?? unknownOption(own)
  if (mistake) {
    console.error(`${mistake}\nnpm test -- --help says what can be given`)
    return 2
  }
  const filter = parsed.filter.map(chapterPath)
  const reporters = parsed.options.reporters ?? [new Claims(filter.length === 0)]
  const options = { ...parsed.options, reporters }
  markRun()
  const before = host()
  const network = networkOf(machineNetwork())
  const temporary = mkdtempSync(join(tmpdir(), 'stepbox-tests-'))
  chmodSync(temporary, 0o711) // for tests that run a program as an ordinary user
  process.env['TMPDIR'] = temporary
  const machine = await machineHere()
  const config = join(import.meta.dirname, 'vitest.config.ts')
  const vitest = await startVitest('test', filter, { ...options, config, watch: false })
  const isNarrowed = options.testNamePattern !== undefined
  const modules = vitest.state.getTestModules()
  const results = modules.flatMap((module) => resultsOf(module, isNarrowed))
  for (const error of vitest.state.getUnhandledErrors()) {
    const reason = firstLine(error)
    results.push({ file: '', name: 'outside any test', outcome: 'error', reason })
  }
  await vitest.close()
  if (!isNarrowed) {
    keep({ machine, results })
    results.push(...(await selectionMistakes(results)))
  }
  const guests: Run[] = []
  for (const kernel of kernels) guests.push(await inMachines(filter, kernel))
  const leftovers = [
    ...(await differences(before, temporary)),
    ...(await changesOf(network, () => networkOf(machineNetwork()))),
  ]
  rmSync(temporary, { recursive: true, force: true })
  for (const reason of leftovers)
    results.push({ file: '', name: 'the host is as it was', outcome: 'fail', reason })
  guests.forEach(keep)
  printLongest(modules.map(timeOf))
  const groups = guests.map(({ machine: { kernel }, results }) => {
    return { prefix: `vm ${kernel.split('.').slice(0, 2).join('.')}`, results }
  })
  return report([{ prefix: '', results }, ...groups])
}

/** Why nothing can be run for `arg`, a chapter number or a part of a path. */
function mistakeIn(arg: string): string | undefined {
  const files = sources(['chapters', 'test'], /\.test\.ts$/).map(({ path }) => path)
  const part = chapterPath(arg).replace(/:\d+$/, '')
  if (files.some((file) => join(root, file).includes(part))) return undefined
  if (part === arg) return `no test file has '${arg}' in its path`
  const chapters = files.flatMap((file) => /^chapters\/(\d+)/.exec(file)?.[1] ?? [])
  return `no chapter ${arg}; have: ${[...new Set(chapters.map(Number))].join(' ')}`
}

/** An option that vitest, which ignores it in silence, does not know. */
function unknownOption(args: string[]): string | undefined {
  const names = args.flatMap((arg) => /^--(?:no-)?([a-zA-Z][\w-]*)/.exec(arg)?.[1] ?? [])
  if (names.length === 0) return undefined
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const { stdout } = spawnSync(process.execPath, [vitest, 'run', '--help', '--expand-help'], {
    encoding: 'utf8',
  })
  const upper = (_: string, letter: string) => letter.toUpperCase()
  const camel = (name: string) => name.replaceAll(/-(\w)/g, upper)
  const unknown = names.find((name) => !new RegExp(`--${camel(name)}\\b`).test(stdout))
  return unknown && `no option --${unknown}`
}

function timeOf(module: TestModule): Time {
  return { file: module.relativeModuleId, ms: module.diagnostic().duration }
}

function isForVm(arg: string): boolean {
  return arg === '--vm' || arg.startsWith('--vm=')
}

async function machineHere(): Promise<MachineWords> {
  const { kernel, cgroups, node } = (await look()).machine
  const date = new Date().toISOString()
  return { where: 'host', kernel, cgroups, cpus: availableParallelism(), node, date }
}

function resultsOf(module: TestModule, isNarrowed: boolean): Result[] {
  const file = module.relativeModuleId
  const results: Result[] = []
  for (const suite of [module, ...module.children.allSuites()]) {
    const name = suite.type === 'module' ? '' : suite.fullName
    for (const { message } of suite.errors())
      results.push({ file, name, outcome: 'error', reason: firstLine(message) })
  }
  for (const test of module.children.allTests()) {
    const { outcome, reason } = outcomeOf(test)
    if (outcome === 'skipped' && !reason && (isNarrowed || hasFailed(test.parent))) continue
    const { needs } = test.meta()
    results.push({
      file,
      name: test.fullName,
      outcome,
      ms: Math.round(test.diagnostic()?.duration ?? 0),
      ...(reason === undefined ? {} : { reason }),
      ...(needs ? { needs } : {}),
    })
  }
  return results
}

/** Whether a hook of a suite around a test failed: that is one error, and it is the suite's. */
function hasFailed(suite: TestSuite | TestModule): boolean {
  return suite.errors().length > 0 || (suite.type === 'suite' && hasFailed(suite.parent))
}

function outcomeOf(test: TestCase): { outcome: Outcome; reason?: string } {
  const result = test.result()
  if (result.state === 'passed')
    return { outcome: 'pass', ...(result.errors?.[0] ? { reason: unsteady } : {}) }
  if (result.state === 'failed')
    return { outcome: 'fail', reason: firstLine(result.errors.at(-1)?.message ?? '') }
  if (result.state === 'pending') return { outcome: 'error', reason: 'it did not end' }
  return skipped(result.note)
}

function firstLine(error: unknown): string {
  const message = error instanceof Error || isMessage(error) ? error.message : String(error)
  return message.split('\n')[0] ?? ''
}

function isMessage(value: unknown): value is { message: string } {
  return typeof value === 'object' && value !== null && 'message' in value
}
