/** How `--step` sees the network grow: links, addresses, routes and rules, on both sides. */
import { errnoOf } from '../staging.ts'
import { StepError } from '../native.ts'
import { tryReadlink } from '../files.ts'
import type { WideObserver } from '../chapter-tools.ts'
import { seenFilter, type SeenRule } from './seen-filter.ts'
import { seenNetworks, type SeenLink, type SeenSide } from './seen-links.ts'

type Values = Record<string, string>

type Topics = Record<string, Values>

/**
 * Topics are those of the container, and with `host` before them those of the host. While the
 * process is still in the host's network, there is nothing of the container's. What the host has
 * at the first look is left out: hundreds of other containers may be there.
 */
export function networkObserver(): WideObserver {
  const rulesOf = rulesByGeneration()
  let first: Topics | undefined
  return {
    async lookWidely(pid) {
      const isApart = networkOf(pid) !== networkOf('self')
      const [host, inside] = await seenIfAllowed(isApart ? pid : undefined)
      if (!host) return {}
      const ofHost = topicsOf('host', host, await rulesOf(host))
      first ??= ofHost
      return {
        ...without(first, ofHost),
        ...(inside && isApart ? topicsOf('container', inside, await rulesOf(inside, pid)) : {}),
      }
    },
  }
}

function without(known: Topics, all: Topics): Topics {
  const isNew = (topic: string) => ([name, value]: [string, string]) =>
    known[topic]?.[name] !== value
  return Object.fromEntries(
    Object.entries(all).map(([topic, values]) => [
      topic,
      Object.fromEntries(Object.entries(values).filter(isNew(topic))),
    ]),
  )
}

function networkOf(pid: number | 'self'): string {
  return tryReadlink(`/proc/${pid}/ns/net`) ?? ''
}

async function seenIfAllowed(pid: number | undefined): Promise<SeenSide[]> {
  try {
    return await seenNetworks(pid)
  } catch (error) {
    const isGone = ['ENOENT', 'EPERM', 'EACCES', 'ESRCH'].includes(errnoOf(error) ?? '')
    if (error instanceof StepError && isGone) return [] // ignoring: nothing is shown then
    throw error
  }
}

/** nft(8) is asked only if something has changed since it was asked about that network. */
function rulesByGeneration() {
  const listed = new Map<string, { generation: number; rules: SeenRule[] }>()
  return async ({ generation }: SeenSide, pid?: number): Promise<SeenRule[]> => {
    const place = networkOf(pid ?? 'self')
    if (generation === undefined) return []
    const known = listed.get(place)
    if (known?.generation === generation) return known.rules
    const rules = await seenFilter(pid)
    listed.set(place, { generation, rules })
    return rules
  }
}

const names = {
  container: { link: 'link', address: 'address', route: 'route', filter: 'filter' },
  host: {
    ...{ link: 'host link', address: 'host address' },
    ...{ route: 'host route', filter: 'host filter' },
  },
}

/** Of the host, only bridges and cables: its other interfaces are not made here. */
function topicsOf(side: keyof typeof names, { links, routes }: SeenSide, rules: SeenRule[]) {
  const { link, address, route, filter } = names[side]
  const shown = links.filter(({ kind }) => kind === 'bridge' || kind === 'veth')
  const nameOf = (index: number) => shown.find((link) => link.index === index)?.name
  const list = (entries: [name: string, value: string][]): Values => Object.fromEntries(entries)
  return {
    [link]: list(shown.map((each) => [each.name, linkWords(each, nameOf)])),
    [address]: list(
      shown.flatMap(({ name, addresses }) =>
        addresses.map((each): [string, string] => [each, `given to ${name}`]),
      ),
    ),
    [route]: list(
      routes.flatMap(({ to, via, index }): [string, string][] => {
        const name = nameOf(index)
        return name ? [[to, via ? `via ${via}, through ${name}` : `through ${name}`]] : []
      }),
    ),
    [filter]: list(
      rules.map(({ table, set, text }) => [set ? `${set} { ${text} }` : text, `in table ${table}`]),
    ),
  }
}

function linkWords(
  { index, isUp, master, other }: SeenLink,
  nameOf: (index: number) => string | undefined,
): string {
  const state = isUp ? 'up' : 'down'
  if (other === undefined) return `a bridge, number ${index}, ${state}`
  if (master === undefined) return `a veth, number ${index}, the other end is ${other}, ${state}`
  const bridge = nameOf(master) ?? master
  return `a veth, number ${index}, the other end is ${other}, a port of ${bridge}, ${state}`
}
