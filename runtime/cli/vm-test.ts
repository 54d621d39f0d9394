/** `vm test`: the kernel tests in a machine of its own, told as they end. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import chalk from 'chalk'
import { project, projectInGuest } from '../vm/initramfs.ts'
import type { Say } from '../vm/kernel.ts'
import { runProgram } from '../vm/program.ts'
import { startVm, type VmOptions } from '../vm/vm.ts'
import { UsageError } from '../command-line.ts'

/** What the tests print, a line of JSON each: test/guest/lines.ts. */
interface Line {
  machine?: { kernel: string; cgroups: string; cpus: number }
  result?: {
    file: string
    name: string
    outcome: string
    ms?: number
    reason?: string
    error?: string
  }
  leftover?: string
  ended?: { ms: number }
}

/** An emulated machine is slower than the one whose patience the tests are written with. */
const patience = '8'

/**
 * Run the tests of a chapter, of files, or all of them. What was changed since the last set-up goes
 * in. Gives 0 when nothing failed and the end was reached.
 */
export async function testInVm(options: VmOptions, wanted: string[], say: Say): Promise<number> {
  const setup = join(project, 'runtime/setup/setup.mjs')
  if (existsSync(setup)) {
    say('bringing set-up up to date')
    const { exitCode, out, err } = await runProgram([process.execPath, setup])
    if (exitCode !== 0) throw new Error(`set-up failed:\n${out.toString()}${err}`)
  }
  checkWanted(wanted)
  const program = `${projectInGuest}/dist/guest-tests/run.cjs`
  const argv = ['node', program, '--patience', patience, ...wanted]
  const memoryBytes = options.memoryBytes ?? 3 * 2 ** 30
  const vm = await startVm({ ...options, memoryBytes, argv }, say)
  vm.stdin.end()
  vm.stderr.pipe(process.stderr, { end: false })
  say(`booting Linux ${vm.parts.kernel.release}`)
  void vm.ready.then(() => say(''))
  const count = { pass: 0, failed: 0, skipped: 0 }
  let isComplete = false
  for await (const text of createInterface({ input: vm.stdout })) {
    const line = parsed(text)
    if (line.machine) process.stdout.write(`${words(line.machine)}\n`)
    if (line.result) {
      const { outcome } = line.result
      if (outcome === 'pass') count.pass++
      else if (outcome === 'fail' || outcome === 'error') count.failed++
      else count.skipped++
      process.stdout.write(`${told(line.result)}\n`)
    }
    if (line.leftover) {
      count.failed++
      process.stdout.write(`${chalk.red('✗')} left over: ${line.leftover}\n`)
    }
    isComplete ||= line.ended !== undefined
  }
  const end = await vm.ended
  if (!isComplete) throw new Error(`the tests never ended${'why' in end ? `: ${end.why}` : ''}`)
  const { pass, failed, skipped } = count
  process.stdout.write(`${pass} passed, ${failed} failed, ${skipped} skipped\n`)
  return failed > 0 ? 1 : 0
}

/** Throws before anything is booted when there is no test for one of `wanted`. */
function checkWanted(wanted: string[]): void {
  const text = readFileSync(join(project, 'dist/guest-tests/files.json'), 'utf8')
  const files = JSON.parse(text) as string[]
  for (const word of wanted) {
    const part = /^\d{1,2}$/.test(word) ? `chapters/${word.padStart(2, '0')}-` : word
    if (files.some((file) => file.includes(part))) continue
    const known = "a chapter, or a part of a file's name"
    throw new UsageError(`no kernel tests for '${word}'; have: ${known}`)
  }
}

function words({ kernel, cgroups, cpus }: NonNullable<Line['machine']>): string {
  return chalk.bold(`Linux ${kernel}, control groups: ${cgroups}, ${cpus} processors`)
}

function told({ file, name, outcome, ms = 0, reason, error }: NonNullable<Line['result']>): string {
  const where = `${chalk.dim(`${file} >`)} ${name}`
  if (outcome === 'pass') return `${chalk.green('✓')} ${where} ${chalk.dim(`${ms} ms`)}`
  if (outcome !== 'fail' && outcome !== 'error') return `${chalk.yellow('–')} ${where}: ${reason}`
  const lines = (error ?? reason ?? '').split('\n').map((line) => `    ${line}`)
  return [`${chalk.red('✗')} ${where}`, ...lines].join('\n')
}

/** The kernel writes on the same wire when it is in trouble: that is no line of ours. */
function parsed(text: string): Line {
  const start = text.indexOf('{"')
  try {
    return start < 0 ? {} : (JSON.parse(text.slice(start)) as Line)
  } catch {
    return {} // ignoring: see above
  }
}
