/** Where `lab grade` judges, and what it needs there. */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { checkout } from '../../checkout.ts'
import { UsageError, type Input } from '../../command-line.ts'
import { checkMachine } from '../../container/check-machine.ts'
import { placeFor } from '../../lab/grade/place.ts'
import { workersHere, type Workers } from '../../lab/grade/workers.ts'
import { deviceTrees } from '../../lab/leftovers.ts'
import type { Speak } from '../../sentence.ts'
import { qemuPath } from '../../vm/qemu.ts'
import { gradingTools } from './grade-inside.ts'
import { mostMachines, workersInVm } from './grade-vm.ts'

/** The command that is a worker. */
export const worker = [process.execPath, join(checkout, 'dist/stepbox.cjs'), 'lab', 'grade', '-']

type Place = ReturnType<typeof placeFor>['where']

/** The place; says so if it is not what was expected. */
export function gradingPlace({ switches, warn }: Input, say: Speak): Place {
  const [isVm, isHere] = [switches.has('vm'), switches.has('no-vm')]
  if (isVm && isHere) throw new UsageError('--vm or --no-vm, not both')
  const { where, said } = placeFor({
    wish: isVm ? 'vm' : isHere ? 'here' : undefined,
    deniesDevices: deviceTrees().length > 0,
    isInVm: existsSync('/dev/virtio-ports/control'),
    hasQemu: hasQemu(),
  })
  if (where === 'here') checkMachine()
  if (said) warn(say(said))
  return where
}

function hasQemu(): boolean {
  try {
    return existsSync(qemuPath())
  } catch {
    return false // ignoring how to install it: that is said where it is asked for
  }
}

/** The workers, and how many of them are at work at a time. */
export async function workersFor(
  input: Input,
  place: Place,
  wanted: { chapter: number; jobs: number | undefined },
): Promise<{ workers: Workers; jobs: number }> {
  const { runtime, progress, warn } = input
  if (place === 'vm') {
    const [jobs, most] = [wanted.jobs ?? 1, mostMachines()]
    if (jobs > most) warn(`the memory has room for ${most} virtual machines`)
    const workers = await workersInVm(runtime.chapters, progress)
    return { workers, jobs: Math.min(jobs, most) }
  }
  const tools = await gradingTools(input, wanted.chapter)
  const workers = await workersHere(runtime.root, worker, tools)
  return { workers, jobs: wanted.jobs ?? availableParallelism() }
}
