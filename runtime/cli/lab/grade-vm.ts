/** Workers in virtual machines: each machine judges one submission after the other. */
import { freemem } from 'node:os'
import { rowsUpTo, type ChapterEntry } from '../../chapter.ts'
import { bundlesFor } from '../../lab/bundles.ts'
import { emulation } from '../../lab/emit/options.ts'
import type { AskedOrder, Workers } from '../../lab/grade/workers.ts'
import { projectInGuest } from '../../vm/initramfs.ts'
import { prepareParts, startVm, type VmOptions } from '../../vm/vm.ts'
import { insideVariable } from './grade-inside.ts'
import { gradingVmOf, type GradingVm } from './grading-vm.ts'

const options: VmOptions = {
  argv: ['node', `${projectInGuest}/dist/stepbox.cjs`, 'lab', 'grade', '-'],
  env: { [insideVariable]: '1', STEPBOX_CHAPTER: '' },
  memoryBytes: 1536 * 2 ** 20,
}

/** How many machines the memory has room for: QEMU and Node take some, too. */
export function mostMachines(): number {
  const each = (options.memoryBytes ?? 0) + 256 * 2 ** 20
  return Math.max(1, Math.floor(freemem() / each))
}

/**
 * Workers in machines that start when they are needed. Nothing of a learner's runs outside of them:
 * here, esbuild translates the answers.
 */
export async function workersInVm(
  chapters: ChapterEntry[],
  progress: (text: string) => void,
): Promise<Workers> {
  const { accelerator } = await prepareParts(options, progress)
  const isEmulated = accelerator === 'tcg'
  const all = new Set<GradingVm>()
  return {
    where: 'vm',
    times: isEmulated ? emulation : 1,
    run: async (asked, task) => {
      const idle = [...all].find((each) => each.isIdle())
      const machine = idle ?? (await begin(progress, task.signal))
      if (!machine) return { how: 'stopped', because: '', lacking: [] }
      all.add(machine)
      const order = await withBundles(asked, chapters)
      return await machine.run(order, task)
    },
    close: async () => void (await Promise.all([...all].map((each) => each.end()))),
  }
}

/** An order that needs no esbuild: bundles instead of answers. */
async function withBundles(
  order: AskedOrder,
  chapters: ChapterEntry[],
): Promise<AskedOrder> {
  if ('alike' in order) return order
  const bundles = await bundlesFor(await rowsUpTo(chapters, order.chapter), order.answers)
  return { ...order, answers: {}, bundles }
}

/** Boot a machine; undefined if that is stopped. Throws if it does not come up. */
async function begin(
  progress: (text: string) => void,
  signal?: AbortSignal,
): Promise<GradingVm | undefined> {
  const vm = await startVm(options, progress)
  progress(`booting Linux ${vm.parts.kernel.release}`)
  const stop = () => vm.kill()
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  try {
    await vm.ready
    return gradingVmOf(vm)
  } catch (error) {
    if (signal?.aborted) return undefined
    throw new Error(`the virtual machine did not start: ${(error as Error).message}`)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
