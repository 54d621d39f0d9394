/** A container that runs and has joined or left a network: what is on record, and who is told. */
import { closeInherited } from '../01-namespaces/namespaces.ts'
import { isLive, underLock } from '../06-lifecycle/states.ts'
import { replan } from '../06-lifecycle/update-container.ts'
import type { Runtime } from '../chapter.ts'
import { amendContainer } from '../container/amendments.ts'
import { containerDir, markedState } from '../container/state.ts'
import { makePlace } from '../data-root.ts'
import { perform, StepError } from '../native.ts'
import type { Container } from '../options.ts'
import { beginChange, changingContainers, endChange } from './changing.ts'
import { unplug } from './join.ts'
import { leavingOptions } from './join-options.ts'
import { giveBack } from './leases.ts'
import type { NetworkEnd } from './net-plan.ts'
import { bridgeNetworks } from './networks.ts'
import { changeNames } from './prepare-names.ts'

type Changes = Pick<Parameters<typeof amendContainer>[2], 'endpoints' | 'net'>

/**
 * Put changes on record. While an end is pending, the container is also named in a directory of its
 * own, so that nobody has to look at all containers.
 */
export function amend(runtime: Runtime, { id }: Container, changes: Changes): void {
  const { root } = runtime
  const dir = containerDir(root, id)
  if (changes.net?.pending) beginChange(root, id)
  amendContainer(makePlace(root, 'tmp'), dir, changes)
  if (changes.net && !changes.net.pending) endChange(root, id)
}

/**
 * All calls of a change are made: its monitor knows the new list, its names are known, and the
 * addresses of `left` are free.
 */
export async function finished(
  runtime: Runtime,
  container: Container,
  left?: NetworkEnd,
): Promise<void> {
  const { root } = runtime
  const { id, endpoints, net } = container
  await replan(runtime, container)
  tellNames(root, container)
  const network = bridgeNetworks(root).find((each) => each.id === left?.network)
  for (const { address } of network ? (left?.inside.addresses ?? []) : [])
    giveBack(root, network?.name ?? '', { address, container: id })
  amend(runtime, container, { endpoints, ...(net ? { net } : {}) })
}

/** What it is told, and how others find it. */
export function tellNames(root: string, container: Container): void {
  changeNames({ container, root, dir: containerDir(root, container.id) })
}

/** Take away the end that is pending, whatever there is of it. */
export async function withoutPending(runtime: Runtime, container: Container): Promise<void> {
  const { pending, ...net } = container.net ?? { ends: [], ports: [] }
  if (!pending) return
  const { leaving } = leavingOptions(container, pending)
  const list = leaving ? unplug(leaving) : []
  await perform([...closeInherited(), ...list]).catch(ignoringEnd)
  await finished(runtime, { ...container, net }, pending.end)
}

/** A container that has ended by now has no routes to be changed. */
function ignoringEnd(error: unknown): void {
  const { plan, report } = error instanceof StepError ? error : {}
  const name = plan?.[report?.index ?? -1]?.call[0]
  if (name !== 'pidfd_open' && name !== 'setns_pidfd') throw error
}

/** The container as it is when nothing is pending; the caller has its lock. */
export async function settled(runtime: Runtime, container: Container): Promise<Container> {
  if (!container.net?.pending || !isLive(container)) return container
  await withoutPending(runtime, container)
  return markedState(runtime.root, container.id) ?? container
}

/** What commands have left that were killed in the middle. */
export async function recoverMembers(runtime: Runtime): Promise<void> {
  const { root } = runtime
  for (const id of changingContainers(root)) {
    const dir = containerDir(root, id)
    await underLock(dir, async () => {
      const now = markedState(root, id)
      if (now) await settled(runtime, now)
      endChange(root, id)
    })
  }
}
