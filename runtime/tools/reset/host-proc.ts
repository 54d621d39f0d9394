/** A /proc that covers the host's: mended first, since all looks go there. */
import { existsSync } from 'node:fs'
import { procHere } from '../doctor/look.ts'
import { proc } from '../../01-namespaces/namespaces.ts'
import { perform, StepError } from '../../native.ts'
import { toolStep } from '../../step.ts'
import type { Leftover } from '../../chapter-tools.ts'

/** One after the other may have been put on top. */
const most = 64

/**
 * Where / is shared and a list forgets to make it private, the container's /proc comes to lie on
 * the host's, and no process of the host is in it: it has no `self` for us.
 */
export function procLeftovers(): Leftover[] {
  const state = procHere()
  if (state === 'above')
    throw new Error('/proc is that of another pid namespace; mount -t proc proc /proc, and again')
  if (state === 'own') return []
  const why = "it does not show this machine's processes: that of a container covers it"
  return [{ kind: 'proc', what: '/proc', why, remove: uncover }]
}

async function uncover(): Promise<void> {
  for (let times = 0; times < most && procHere() === 'none' && existsSync('/proc/version'); times++)
    if (!(await unmounted())) break
  if (procHere() === 'none') await perform(proc())
  if (procHere() !== 'own') throw new Error('/proc is still not that of this machine')
}

/** False where nothing is mounted any more. */
async function unmounted(): Promise<boolean> {
  try {
    await perform([toolStep(['umount2', '/proc', ['MNT_DETACH']], 'the one below comes to light')])
    return true
  } catch (error) {
    if (error instanceof StepError && error.report.errno === 'EINVAL') return false
    throw error
  }
}
