/** Tests. The one call that gives the kernel tests a machine. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * Run `dist/guest-tests/run.cjs ...args` and give what it prints, line by line, to its end. What it
 * says on standard error is shown as it comes.
 */
export function boot(args: string[]): AsyncIterable<string> {
  const program = join(import.meta.dirname, '../../dist/guest-tests/run.cjs')
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const child = spawn(process.execPath, [program, ...args], { stdio: [...stdio] })
  return createInterface(child.stdout)
}
