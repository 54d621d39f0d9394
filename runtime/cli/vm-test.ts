/** `vm test`: runs the kernel tests in a virtual machine and prints each result. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import chalk from 'chalk'
import { UsageError } from '../command-line.ts'
import { printable, printableIn } from '../printable.ts'
import { project, projectInGuest } from '../vm/initramfs.ts'
import type { Say } from '../vm/kernel.ts'
import { runProgram } from '../vm/program.ts'
import { startVm, type VmOptions } from '../vm/vm.ts'
import { writeOutput } from './output.ts'
import { say } from './voice.ts'

/** A line of JSON that the tests print (test/guest/lines.ts). */
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

/** Time limits are multiplied by this: an emulated machine is slower. */
const patience = '8'

/**
 * Run the tests of a chapter, of files, or all. Set-up is run first, so that recent changes take
 * part. Gives the exit code: 0 if no test failed. Throws if the tests did not run to their end.
 */
export async function testInVm(options: VmOptions, wanted: string[], show: Say): Promise<number> {
  const setup = join(project, 'runtime/setup/setup.mjs')
  if (existsSync(setup)) {
    show('bringing set-up up to date')
    const { exitCode, out, err } = await runProgram([process.execPath, setup])
    if (exitCode !== 0) throw new Error(`set-up failed\n${indented(`${out.toString()}${err}`, 2)}`)
  }
  checkWanted(wanted)
  const program = `${projectInGuest}/dist/guest-tests/run.cjs`
  const argv = ['node', program, '--patience', patience, ...wanted]
  const memoryBytes = options.memoryBytes ?? 3 * 2 ** 30
  const vm = await startVm({ ...options, memoryBytes, argv }, show)
  vm.stdin.end()
  vm.stderr.pipe(process.stderr, { end: false })
  process.stderr.on('error', () => vm.stderr.unpipe()) // ignoring: nobody reads it any more
  show(`booting Linux ${vm.parts.kernel.release}`)
  void vm.ready.then(() => show(''))
  const count = { pass: 0, failed: 0, skipped: 0 }
  let isComplete = false
  for await (const text of createInterface({ input: vm.stdout })) {
    const line = parsed(text)
    if (line.machine) writeOutput(`${machineLine(line.machine)}\n`)
    if (line.result) {
      const { outcome } = line.result
      if (outcome === 'pass') count.pass++
      else if (outcome === 'fail' || outcome === 'error') count.failed++
      else count.skipped++
      writeOutput(`${resultLine(line.result)}\n`)
    }
    if (line.leftover) {
      count.failed++
      writeOutput(`${chalk.red('✗')} ${say(`left over: ${printable(line.leftover)}`)}\n`)
    }
    isComplete ||= line.ended !== undefined
  }
  const end = await vm.ended
  if (!isComplete)
    throw new Error(`the tests did not run to their end${'why' in end ? `: ${end.why}` : ''}`)
  const { pass, failed, skipped } = count
  writeOutput(say(`${pass} passed, ${failed} failed, ${skipped} skipped\n`))
  return failed > 0 ? 1 : 0
}

/** Throws if one of `wanted` matches no test; called before the machine boots. */
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

function machineLine(machine: NonNullable<Line['machine']>): string {
  const { kernel, cgroups, cpus } = printableIn(machine)
  return chalk.bold(say(`Linux ${kernel}, control groups: ${cgroups}, ${cpus} processors`))
}

function resultLine(result: NonNullable<Line['result']>): string {
  const { outcome, ms = 0, error } = result
  const { file, name, reason } = printableIn({ ...result, error: '' })
  const where = `${chalk.dim(`${file} >`)} ${name}`
  if (outcome === 'pass') return `${chalk.green('✓')} ${where} ${chalk.dim(`${ms} ms`)}`
  if (outcome !== 'fail' && outcome !== 'error') return `${chalk.yellow('–')} ${where}: ${reason}`
  return `${chalk.red('✗')} ${where}\n${indented(error ?? result.reason ?? '', 4)}`
}

/** The lines of a foreign text, without empty ones at its end, each after `blanks`. */
function indented(text: string, blanks: number): string {
  const lines = text.trimEnd().split('\n')
  return lines.map((line) => `${' '.repeat(blanks)}${printable(line)}`).join('\n')
}

/** In trouble, the kernel writes to the same port; such text gives an empty line. */
function parsed(text: string): Line {
  const start = text.indexOf('{"')
  try {
    return start < 0 ? {} : (JSON.parse(text.slice(start)) as Line)
  } catch {
    return {} // ignoring: text of the kernel
  }
}
