/** What becomes of a container without its parents: for this, the machine has to stand still. */
import { setTimeout } from 'node:timers/promises'
import type { Facts } from '../chapter-lab.ts'
import { tryRead } from '../files.ts'

/** What has started the machine, and ends it once the other end of a socket is closed. */
export interface Starter {
  pid: number
  leave: () => void
}

/**
 * Kill `parent`, by default that of the container's shell; whether the shell lives on. The
 * machine's process 1 is stopped meanwhile: it would end, with all processes of the machine, once
 * it knows. The kernel sends PR_SET_PDEATHSIG before a dead process becomes a zombie.
 */
export async function livesOn(facts: Facts, parent = parentOf(facts)): Promise<boolean> {
  const { pid, machine } = facts
  if (parent === machine.pid || parent <= 1) return true // there is no process to be killed
  process.kill(machine.pid, 'SIGSTOP')
  try {
    process.kill(parent, 'SIGKILL')
    await until(() => isOver(parent))
    await until(() => isSettled(facts))
    return isWaiting(pid)
  } finally {
    process.kill(machine.pid, 'SIGCONT')
  }
}

/**
 * Close the socket to the list; whether the container's shell lives on. A list that has not let go
 * of it takes this for the end of its caller. What has started the machine would, too: it is
 * stopped, as is the machine's process 1, until the machine is removed. Should this process be
 * killed before, the kernel lets them go on, and they end (setpgid(2), orphaned process groups).
 */
export async function livesAlone(facts: Facts, starter: Starter): Promise<boolean> {
  const { pid, machine } = facts
  for (const each of [starter.pid, machine.pid]) {
    process.kill(each, 'SIGSTOP')
    await until(() => /^State:\s+T/m.test(tryRead(`/proc/${each}/status`) ?? 'State: T'))
  }
  starter.leave()
  await until(() => isSettled(facts)) // a process that waits for the close is awake by now
  return isWaiting(pid)
}

/** Its parent, looked at first, does no more to it: both wait, or one of them has ended. */
function isSettled(facts: Facts): boolean {
  const parent = parentOf(facts)
  return isOver(facts.pid) || ((isOver(parent) || isWaiting(parent)) && isWaiting(facts.pid))
}

function parentOf({ status }: Facts): number {
  return Number(status['PPid'])
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
