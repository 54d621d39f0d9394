/** How `--step` sees the network grow: links, addresses, routes and rules, on both sides. */
import { errnoOf } from '../staging.ts'
import { StepError } from '../native.ts'
import { tryReadlink } from '../files.ts'
import type { WideObserver } from '../chapter-tools.ts'
import { seenFilter, type SeenRule } from './seen-filter.ts'
import { seenNetworks, type SeenLink, type SeenSide } from './seen-links.ts'

type Values = Record<string, string>

/**
 * Topics are those of the container, and with `host` before them those of the host. While the
 * process is still in the host's network, there is nothing of the container's.
 */
export const networkObserver: WideObserver = {
  async lookWidely(pid) {
    const isApart = networkOf(pid) !== networkOf('self')
    const [host, inside] = await seenIfAllowed(isApart ? pid : undefined)
    if (!host) return {}
    return {
      ...topicsOf('host ', host, await rulesOf(host)),
      ...(inside && isApart ? topicsOf('', inside, await rulesOf(inside, pid)) : {}),
    }
  },
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

/** What was listed last in each network namespace, and the number of its generation then. */
const listed = new Map<string, { generation: number; rules: SeenRule[] }>()

/** nft(8) is asked only if something has changed. */
async function rulesOf({ generation }: SeenSide, pid?: number): Promise<SeenRule[]> {
  const place = networkOf(pid ?? 'self')
  if (generation === undefined) return []
  const known = listed.get(place)
  if (known?.generation === generation) return known.rules
  const rules = await seenFilter(pid)
  listed.set(place, { generation, rules })
  return rules
}

/** Of the host, only bridges and cables: its other interfaces are not made here. */
function topicsOf(side: '' | 'host ', { links, routes }: SeenSide, rules: SeenRule[]) {
  const shown = links.filter(({ kind }) => kind === 'bridge' || kind === 'veth')
  const nameOf = (index: number) => shown.find((link) => link.index === index)?.name
  const list = (entries: [name: string, value: string][]): Values => Object.fromEntries(entries)
  return {
    [`${side}link`]: list(shown.map((each) => [each.name, linkWords(each, nameOf)])),
    [`${side}address`]: list(
      shown.flatMap(({ name, addresses }) =>
        addresses.map((each): [string, string] => [each, `on ${name}`]),
      ),
    ),
    [`${side}route`]: list(
      routes.flatMap(({ to, via, index }): [string, string][] => {
        const name = nameOf(index)
        return name ? [[to, via ? `via ${via}, by ${name}` : `by ${name}`]] : []
      }),
    ),
    [`${side}filter`]: list(
      rules.map(({ table, set, text }) => [set ? `${set} { ${text} }` : text, `in ${table}`]),
    ),
  }
}

function linkWords(
  { index, kind, isUp, master, other }: SeenLink,
  nameOf: (index: number) => string | undefined,
): string {
  const bridge = master === undefined ? undefined : (nameOf(master) ?? String(master))
  const words = [
    `a ${kind}`,
    `number ${index}`,
    ...(other === undefined ? [] : [`the other end is ${other}`]),
    ...(bridge === undefined ? [] : [`a port of ${bridge}`]),
    isUp ? 'up' : 'down',
  ]
  return words.join(', ')
}
