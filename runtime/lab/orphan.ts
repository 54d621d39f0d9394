/** What becomes of a container whose parent is killed: for this, the machine has to stand still. */
import { setTimeout } from 'node:timers/promises'
import type { Facts } from '../chapter-lab.ts'
import { tryRead } from '../files.ts'

/**
 * Kill the parent of the container's shell; whether the shell lives on. The machine's process 1 is
 * stopped meanwhile: it would end, with all processes of the machine, once it knows. The kernel
 * sends PR_SET_PDEATHSIG before a dead process becomes a zombie.
 */
export async function livesOn({ pid, machine, status }: Facts): Promise<boolean> {
  const parent = Number(status['PPid'])
  if (parent === machine.pid || parent <= 1) return true // there is no process to be killed
  process.kill(machine.pid, 'SIGSTOP')
  try {
    process.kill(parent, 'SIGKILL')
    await until(() => isOver(parent))
    await until(() => isOver(pid) || isWaiting(pid))
    return isWaiting(pid)
  } finally {
    process.kill(machine.pid, 'SIGCONT')
  }
}

/** Within five seconds, or never. */
async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !isSo() && Date.now() < end; ) await setTimeout(5)
}

function isOver(pid: number): boolean {
  const status = tryRead(`/proc/${pid}/status`)
  return status === undefined || /^State:\s+[ZX]/m.test(status)
}

/** It sleeps, has its memory, and no SIGKILL is pending: it is not about to die. */
function isWaiting(pid: number): boolean {
  const status = tryRead(`/proc/${pid}/status`) ?? ''
  const masks = [...status.matchAll(/^(?:Sig|Shd)Pnd:\s+(\w+)/gm)].map(([, mask]) => mask)
  const killBit = 1n << 8n
  const isKilled = masks.some((mask) => (BigInt(`0x${mask}`) & killBit) !== 0n)
  return /^State:\s+S/m.test(status) && /^VmSize:/m.test(status) && !isKilled
}
