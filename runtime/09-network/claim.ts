/**
 * One bridge is made at a time. Two data roots may want the same name on one host, and whether it
 * is taken is seen only once the list has made the bridge: until then, who chose it has a lock.
 */
import { closeSync } from 'node:fs'
import { openLocked } from '../05-commit/store/lock.ts'
import { interfaceIndex } from './interfaces.ts'
import type { NetworkRecord } from './networks.ts'

/** The kernel's directory of interfaces: all on this host see it, and nothing is left in it. */
const dir = '/sys/class/net'

/** Who steps through a list may take any time for it; others then go on. */
const patienceMs = 5000

let claimed: number | undefined

/** If the bridge of a network is not there, wait until nobody else makes one. */
export async function claimBridge({ bridge }: NetworkRecord): Promise<void> {
  if (claimed !== undefined || !bridge || interfaceIndex(bridge.name) !== undefined) return
  try {
    claimed = await openLocked(dir, 'LOCK_EX', patienceMs)
  } catch {
    // ignoring: without the lock the kernel still refuses a second bridge of that name
  }
}

/** It is there by now, or will not be made. */
export function releaseBridge(): void {
  if (claimed !== undefined) closeSync(claimed)
  claimed = undefined
}
