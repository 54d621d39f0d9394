/** Tests. A machine with a drive, and the program in it that does what it is asked. */
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'
import { startVm } from '../../runtime/vm/vm.ts'
import type { Answer, Request } from './talk.ts'

export interface Guest {
  ask: (request: Request) => Promise<Answer>
  /** As if the plug was pulled. */
  kill: () => Promise<void>
}

/** Put the program for `boot` into the directory `dir`. */
export async function buildProgram(dir: string): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, 'guest.ts')],
    outfile: join(dir, 'guest.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // The native program is looked for beside the directory of the bundle.
    define: { 'import.meta.dirname': '"/stepbox/dist"' },
    logLevel: 'silent',
  })
}

/** Start a machine with the drive that is served at `socket`, and the program in `dir` running. */
export async function boot(dir: string, socket: string): Promise<Guest> {
  const options = {
    processors: 1,
    memoryBytes: 512 * 2 ** 20,
    drives: [{ file: `nbd+unix:///?socket=${socket}`, isKept: true }],
    shares: [{ source: dir, target: '/power', readOnly: true }],
    argv: ['node', '/power/guest.cjs', '/dev/vdb', '/bin/busybox'],
  }
  const vm = await startVm(options, () => {})
  let said = ''
  vm.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const lines = createInterface({ input: vm.stdout })[Symbol.asyncIterator]()
  const kill = async () => {
    vm.kill()
    await vm.ended
  }
  onTestFinished(kill)
  return {
    ask: async (request) => {
      vm.stdin.write(`${JSON.stringify(request)}\n`)
      const { value, done } = await lines.next()
      if (!done) return JSON.parse(value) as Answer
      throw new Error(`the machine has ended: ${JSON.stringify(await vm.ended)} ${said}`)
    },
    kill,
  }
}
