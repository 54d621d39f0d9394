/** Tests. What runs the kernel tests: this machine, or one with a kernel of its own. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { projectInGuest } from '../../runtime/vm/initramfs.ts'
import { startVm } from '../../runtime/vm/vm.ts'
import type { Run } from '../results.ts'
import { collect } from './collect.ts'
import { chosen } from './files.ts'

const program = 'dist/guest-tests/run.cjs'

/** The tests were written with the patience of a machine that is not emulated. */
const patience = '8'

/**
 * Run the kernel tests with `args` here, and give what they print, line by line, to the end. What
 * they say on standard error is shown as it comes.
 */
export function onHost(args: string[]): AsyncIterable<string> {
  const path = join(import.meta.dirname, '../..', program)
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  return createInterface(child.stdout)
}

/**
 * The same in machines with `kernel` (kernelFor), and all controllers in one tree. There are two at
 * once, because the processors of one may have to take turns (mustTakeTurns). Each has its part of
 * the files: the long ones are at the end.
 */
export async function inMachines(wanted: string[], kernel: string): Promise<Run> {
  const files = chosen(wanted).toReversed()
  if (files.length === 0) throw new Error(`no kernel tests for ${wanted.join(' ')}`)
  const parts = [0, 1].map((each) => files.filter((_, at) => at % 2 === each))
  const busy = parts.filter((part) => part.length > 0)
  const runs = await Promise.all(busy.map((part) => collect(inMachine(part, kernel))))
  const [{ machine }] = runs as [Run, ...Run[]]
  return { machine: { ...machine, where: 'vm' }, results: runs.flatMap(({ results }) => results) }
}

async function* inMachine(files: string[], kernel: string): AsyncIterable<string> {
  const argv = ['node', join(projectInGuest, program), '--patience', patience, ...files]
  const vm = await startVm({ kernel, argv, memoryBytes: 3 * 2 ** 30 }, () => {})
  vm.stdin.end()
  vm.stderr.pipe(process.stderr, { end: false })
  yield* createInterface({ input: vm.stdout })
  const end = await vm.ended
  if ('why' in end) throw new Error(`the machine ended by itself: ${end.why}`)
}
