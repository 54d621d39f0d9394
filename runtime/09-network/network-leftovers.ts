/** What is left of networks on the host when nothing uses it: bridges, settings, rules. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { closeInherited } from '../01-namespaces/namespaces.ts'
import type { Leftover, ResetScope } from '../chapter-tools.ts'
import { runningContainers } from '../container/find.ts'
import { tryRead } from '../files.ts'
import { perform } from '../native.ts'
import { stepOf } from '../step.ts'
import { isChosenIndex } from './change-networks.ts'
import { forgetSettings, ownChanges, stillOurs } from './host-settings.ts'
import { bridgeNetworks, type NetworkRecord } from './networks.ts'
import { outputOf } from './read-rules.ts'
import { takeDown } from './remove-network.ts'
import { indexOfLink, seenLinks } from './seen-links.ts'
import { changesInTable, type ChangedSetting } from './settings-set.ts'
import type {} from './endpoints.ts'

const step = stepOf(9)

/**
 * A bridge stays when its last container has ended: the next one needs it again. Settings and rules
 * serve all data roots, and go with the last bridge; before that, a root that leaves leaves them to
 * the others.
 */
export async function networkLeftovers({
  root,
  ending,
}: Pick<ResetScope, 'root' | 'ending'>): Promise<Leftover[]> {
  if (!existsSync(join(root, 'networks'))) return []
  const staying = () => runningContainers(root).filter(({ id, net }) => net && !ending.has(id))
  const used = () => staying().flatMap(({ net }) => net?.ends.map((end) => end.network) ?? [])
  const there: NetworkRecord[] = []
  for (const each of bridgeNetworks(root))
    if ((await isThere(each)) && !used().includes(each.id)) there.push(each)
  const own = there.map(({ bridge }) => bridge?.name ?? '')
  const isLast =
    (await bridgesHere()).every((name) => own.includes(name)) && staying().length === 0
  const bridges = there.map((network): Leftover => {
    const what = network.bridge?.name ?? ''
    const why = `no container is in network '${network.name}'`
    const remove = async () => {
      if (used().includes(network.id)) return // somebody has come meanwhile
      await takeDown(network)
      if (staying().length === 0 && (await bridgesHere()).length > 0) forgetSettings(root)
    }
    return { kind: 'bridge', what, why, remove }
  })
  if (!isLast) return bridges
  const changes = stillOurs([...(await changesInTable()), ...ownChanges(root)])
  return [...bridges, ...changes.map(setting), ...(await rules(root, changes.length > 0))]
}

/** The same without being asked for each: after `network prune`. */
export async function clearNetworks(root: string): Promise<void> {
  for (const { remove } of await networkLeftovers({ root, ending: new Set() })) await remove?.()
}

async function isThere({ bridge }: NetworkRecord): Promise<boolean> {
  return bridge !== undefined && (await indexOfLink(bridge.name)) === bridge.index
}

/** The bridges of all data roots, whatever they are called: by numbers that were chosen. */
async function bridgesHere(): Promise<string[]> {
  const links = await seenLinks()
  const bridges = links.filter(({ kind, index }) => kind === 'bridge' && isChosenIndex(index))
  return bridges.map(({ name }) => name)
}

function setting({ path, before, set }: ChangedSetting): Leftover {
  const remove = () => {
    if (tryRead(path)?.trim() === set) writeFileSync(path, before)
  }
  const why = `it was ${before} before the first container had a network`
  return { kind: 'setting', what: path, why, remove }
}

/** The table goes last: until then it knows what settings were. */
async function rules(root: string, hasSettings: boolean): Promise<Leftover[]> {
  const tables = (await outputOf(['nft', 'list', 'tables'])) ?? ''
  if (!hasSettings && !/^table (inet|bridge) stepbox$/m.test(tables)) return []
  const script = ['inet', 'bridge']
    .map((family) => `table ${family} stepbox {}\ndelete table ${family} stepbox\n`)
    .join('')
  const env = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
  const list = [
    ...closeInherited(),
    step(['spawn', 'nft', ['nft', '-f', '-'], env, script], 'no network needs these rules'),
  ]
  const remove = async () => {
    if ((await bridgesHere()).length > 0) return // somebody has come meanwhile
    await perform(list)
    forgetSettings(root)
  }
  return [{ kind: 'packet filter', what: 'table stepbox', why: 'no network is there', remove }]
}
