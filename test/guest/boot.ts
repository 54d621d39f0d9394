/** Tests. Starts the bundled kernel tests, on this machine or in a virtual machine. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { projectInGuest } from '../../runtime/vm/initramfs.ts'
import { startVm } from '../../runtime/vm/vm.ts'
import type { Run } from '../results.ts'
import { collect } from './collect.ts'
import { chosen } from './files.ts'

const program = 'dist/guest-tests/run.cjs'

/** An emulated machine gets eight times the time limits of the tests. */
const patience = '8'

/**
 * Run the kernel tests with `args` on this machine. Gives the lines that they print. Standard error
 * is inherited.
 */
export function onHost(args: string[]): AsyncIterable<string> {
  const path = join(import.meta.dirname, '../..', program)
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  return createInterface(child.stdout)
}

/**
 * Run the kernel tests in two virtual machines with `kernel` (kernelFor). Each gets every other
 * file, because the processors of one machine may have to take turns (mustTakeTurns). The list is
 * reversed, so that the long files at its end begin first.
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
