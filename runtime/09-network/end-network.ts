/** What is left of a container's network when it has ended, by whatever: taken away. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { closeInherited } from '../01-namespaces/namespaces.ts'
import type { Setting } from '../chapter.ts'
import { amendmentsIn } from '../container/amendments.ts'
import { makePlace } from '../data-root.ts'
import { namesIn, readRegular, unlinkIfThere } from '../files.ts'
import { errnoOf } from '../staging.ts'
import { perform, StepError } from '../native.ts'
import type { Container } from '../options.ts'
import { stepOf, type Step } from '../step.ts'
import { putBack } from './change-networks.ts'
import { forgetConversations } from './conversations.ts'
import { freeStale, giveBack } from './leases.ts'
import type { NetworkEnd } from './net-plan.ts'
import { bridgeNetworks } from './networks.ts'
import { withoutContainer, withoutPorts } from './packet-filter.ts'
import { forgetChanges } from './prepare-network.ts'
import { isSamePort } from './redirect.ts'
import type {} from './endpoints.ts'

const step = stepOf(9)

/**
 * The cables have gone with the container's network namespace, and the held ports with the process
 * that waited for it. The packet filter has its elements still, and networks its addresses.
 */
export async function endNetwork(setting: Setting): Promise<Partial<Container>> {
  const { container, root, dir } = setting
  const { net = container.net } = amendmentsIn(dir)
  const { id } = container
  if (!net) return {}
  const { end, moved = [] } = net.pending ?? {}
  const ends = end ? [...net.ends, end] : net.ends
  const ports = net.ports.filter((each) => !moved.some((other) => isSamePort(each, other)))
  if (moved.length > 0)
    await perform(withoutElements(withoutPorts(moved))).catch(ignoringAbsence)
  await takeOut(root, id, withoutContainer({ id, ends, ports }))
  await forgetConversations(net.ports)
  giveBackAll(root, id, ends)
  forgetChanges(setting)
  delete container.net
  return {}
}

/** The same of a container of which nothing was made. */
export function leaveNetworks({ container, root }: Setting): void {
  giveBackAll(root, container.id, container.net?.ends ?? [])
  delete container.net
}

function giveBackAll(root: string, container: string, ends: NetworkEnd[]): void {
  const nameOf = new Map(bridgeNetworks(root).map((network) => [network.id, network.name]))
  for (const { network, inside } of ends) {
    const name = nameOf.get(network)
    if (name === undefined) continue // it was removed, and its leases with it
    for (const { address } of inside.addresses) giveBack(root, name, { address, container })
  }
}

/** A list of one program, which takes elements out of the packet filter. */
export function withoutElements(script: string): Step[] {
  const env = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
  return [
    ...closeInherited(),
    step(['spawn', 'nft', ['nft', '-f', '-'], env, script], 'nobody has these addresses and ports'),
  ]
}

/**
 * Take elements out of the packet filter. If that fails, as when a process of it is killed, the
 * script is kept in `networks/.left/<container>`, and the next command tries again.
 */
async function takeOut(root: string, container: string, scripts: string[]): Promise<void> {
  const script = scripts.join('')
  try {
    await perform(withoutElements(script)).catch(ignoringAbsence)
  } catch (error) {
    if (isAnothers(error)) return takeOutOwn(scripts)
    // ignoring: whatever it was, it is met again, and then somebody hears of it
    makePlace(root, 'networks')
    mkdirSync(leftIn(root), { recursive: true, mode: 0o700 })
    writeFileSync(join(leftIn(root), container), script)
  }
}

/** EEXIST: another container has one of the ports, as when this one could not get it. */
function isAnothers(error: unknown): boolean {
  return errnoOf(error) === 'EPROTO' && (error as Error).message.includes('File exists')
}

async function takeOutOwn(scripts: string[]): Promise<void> {
  for (const script of scripts) {
    try {
      await perform(withoutElements(script))
    } catch (error) {
      if (!isAnothers(error)) throw error
    }
  }
}

function leftIn(root: string): string {
  return join(root, 'networks/.left')
}

async function takeOutLeft(root: string): Promise<void> {
  for (const container of namesIn(leftIn(root))) {
    const path = join(leftIn(root), container)
    const script = readRegular(path) ?? ''
    const isRefused = (error: unknown) => errnoOf(error) === 'EPROTO' // it always will be
    try {
      await perform(withoutElements(script)).catch(ignoringAbsence)
      unlinkIfThere(path)
    } catch (error) {
      if (isRefused(error)) unlinkIfThere(path)
      throw error
    }
  }
}

/** ENOENT: there is no nft. EPROTO: there is no table, as after a restart of the machine. */
export function ignoringAbsence(error: unknown): void {
  const errno = errnoOf(error)
  const isNoTable = errno === 'EPROTO' && (error as Error).message.includes('No such file')
  if (!(error instanceof StepError) || !(isNoTable || errno === 'ENOENT')) throw error
}

/** Networks that were being removed, and leases of containers that were not on record with them. */
export async function recoverNetworks(root: string): Promise<void> {
  await putBack(root)
  await takeOutLeft(root)
  for (const { name } of bridgeNetworks(root)) await freeStale(root, name)
}
