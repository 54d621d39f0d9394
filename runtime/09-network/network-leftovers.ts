/** What is left of networks on the host when nothing uses it: bridges, rules, settings. */
import { writeFileSync } from 'node:fs'
import { closeInherited } from '../01-namespaces/namespaces.ts'
import type { Leftover, ResetScope } from '../chapter-tools.ts'
import { runningContainers } from '../container/find.ts'
import { tryRead } from '../files.ts'
import { perform } from '../native.ts'
import { stepOf } from '../step.ts'
import { forgetSettings, settingsBefore } from './host-settings.ts'
import { interfaceIndex } from './interfaces.ts'
import { bridgeNetworks } from './networks.ts'
import { takeDown } from './remove-network.ts'
import type {} from './endpoints.ts'

const step = stepOf(9)

/** A bridge stays when its last container has ended: the next one needs it again. */
export function networkLeftovers({ root, ending }: ResetScope): Leftover[] {
  const staying = runningContainers(root).filter(({ id, net }) => net && !ending.has(id))
  const used = new Set(staying.flatMap(({ net }) => net?.ends.map((end) => end.network) ?? []))
  const unused = bridgeNetworks(root).filter(({ id }) => !used.has(id))
  const there = unused.filter(
    ({ bridge }) => bridge && interfaceIndex(bridge.name) === bridge.index,
  )
  const bridges = there.map((network): Leftover => {
    const what = network.bridge?.name ?? ''
    const why = `no container is in network '${network.name}'`
    return { kind: 'bridge', what, why, remove: () => takeDown(network) }
  })
  if (staying.length > 0) return bridges
  return [...bridges, ...rules(root, there.length), ...settings(root)]
}

/** The table serves all data roots: it goes with the last bridge of this one. */
function rules(root: string, bridges: number): Leftover[] {
  if (bridges === 0 && Object.keys(settingsBefore(root)).length === 0) return []
  const others = (tryRead('/proc/net/dev') ?? '').match(/\b(?:sb-[0-9a-f]{12}|stepbox0):/g) ?? []
  if (others.length > bridges) return []
  const script = ['inet', 'bridge']
    .map((family) => `table ${family} stepbox {}\ndelete table ${family} stepbox\n`)
    .join('')
  const env = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
  const list = [
    ...closeInherited(),
    step(['spawn', 'nft', ['nft', '-f', '-'], env, script], 'no network needs these rules'),
  ]
  const remove = async () => void (await perform(list))
  return [{ kind: 'packet filter', what: 'table stepbox', why: 'no network is there', remove }]
}

function settings(root: string): Leftover[] {
  return Object.entries(settingsBefore(root)).map(([path, value]) => ({
    kind: 'setting',
    what: path,
    why: `it was ${value} before the first container had a network`,
    remove: () => {
      if (tryRead(path) !== undefined) writeFileSync(path, value)
      forgetSettings(root, path)
    },
  }))
}
