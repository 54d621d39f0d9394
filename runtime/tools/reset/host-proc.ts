/** A /proc that covers the host's. It is uncovered first, because all searches read /proc. */
import { existsSync } from 'node:fs'
import { procHere } from '../doctor/look.ts'
import { proc } from '../../01-namespaces/namespaces.ts'
import { perform, StepError } from '../../native.ts'
import { toolStep } from '../../step.ts'
import type { Leftover } from '../../chapter-tools.ts'

/** Several may have been mounted on top of each other. */
const mostMounts = 64

/**
 * If `/` is shared and a plan does not make it private, the container's /proc covers the host's. It
 * shows no process of the host, so it has no `self` for this one.
 */
export function procLeftovers(): Leftover[] {
  const state = procHere()
  if (state === 'above')
    throw new Error('/proc is that of another pid namespace; mount -t proc proc /proc and retry')
  if (state === 'own') return []
  const why = "it does not show this machine's processes: a container's /proc covers it"
  return [{ kind: 'proc', what: '/proc', why, remove: uncover }]
}

async function uncover(): Promise<void> {
  const isCovered = () => procHere() === 'none' && existsSync('/proc/version')
  for (let times = 0; times < mostMounts && isCovered(); times++) if (!(await unmounted())) break
  if (procHere() === 'none') await perform(proc())
  if (procHere() !== 'own') throw new Error('/proc is still not that of this machine')
}

/** Unmount the topmost; false if nothing is mounted there. */
async function unmounted(): Promise<boolean> {
  try {
    await perform([toolStep(['umount2', '/proc', ['MNT_DETACH']], 'uncover the one below')])
    return true
  } catch (error) {
    if (error instanceof StepError && error.report.errno === 'EINVAL') return false
    throw error
  }
}
