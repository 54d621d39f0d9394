/** A packet's way in words. */
import type { PacketHeader, TracedChain } from './trace-read.ts'

/** How the attempt ended for who has sent the packet. */
export type TraceEnd =
  | { kind: 'answered' | 'refused' | 'silent' | 'followed' }
  | { kind: 'failed'; errno: string }

export interface TraceStory {
  protocol: string
  packet?: PacketHeader
  chains: TracedChain[]
  /** The source that it left with, where the kernel has put in another. */
  source?: string
  end: TraceEnd
}

/** The chain that has dropped it. */
export function droppedBy({ chains }: TraceStory): TracedChain | undefined {
  return chains.find(({ verdict }) => verdict === 'drop')
}

/** Lines, each a sentence or a rule; none is wider than the rule. */
export function storyOf(story: TraceStory): string[] {
  const { packet, chains, protocol } = story
  const from = packet && placeOf(packet.from, packet.fromPort)
  const to = packet && placeOf(packet.to, packet.toPort)
  return [
    ...(packet ? [`a packet from ${from} to ${to}, by ${protocol}`] : []),
    ...chains.flatMap((_, at) => chainLines(story, at)),
    ...endLines(story),
  ]
}

function placeOf(address: string, port = 0): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function chainLines(story: TraceStory, at: number): string[] {
  const { table = '', chain = '', rule, verdict = 'accept' } = story.chains[at] ?? {}
  const what = rule ? done(story, at, rule.text) : policies[verdict]
  const first = `chain ${chain} of ${table}: ${what}`
  if (!rule) return [`  ${first}`]
  const inner = `in its chain ${rule.chain}`
  return [`  ${first}`, ...(rule.chain === chain ? [] : [`    ${inner}`]), `    ${rule.text}`]
}

/** What a chain does with a packet for which no rule has decided. */
const policies = { accept: 'passed, by its policy', drop: 'dropped, by its policy' }

/** What a rule has done. The packet's new destination is seen in the next chain. */
function done({ chains, packet, source }: TraceStory, at: number, text: string): string {
  if (chains[at]?.verdict === 'drop') return /\breject\b/.test(text) ? refused : dropped
  const before = chains[at]?.packet ?? packet
  const after = chains.slice(at + 1).find((each) => each.packet.to !== before?.to)?.packet
  if (/(?<!status )\b(dnat|redirect)\b/.test(text))
    return destination(after ? placeOf(after.to, after.toPort) : '?')
  return /\b(masquerade|snat)\b/.test(text) ? newSource(source ?? '?') : 'accepted, by a rule'
}

const [refused, dropped] = ['refused, by a rule', 'dropped, by a rule']

function destination(to: string): string {
  return `gets another destination, ${to}`
}

function newSource(from: string): string {
  return `gets another source, ${from}`
}

function endLines(story: TraceStory): string[] {
  const { end, chains, packet, protocol } = story
  const last = droppedBy(story)
  if (last) return whoDropped(last)
  const { out: device, to = '' } = chains.findLast(({ packet: { out } }) => out)?.packet ?? {}
  const left = device ? [`it has left by ${device}, for ${to}`] : []
  if (end.kind === 'answered') return ['delivered, and answered']
  if (end.kind === 'refused') return ['delivered, and refused: nothing listens at that port']
  if (end.kind === 'failed') {
    const { errno } = end
    const isSent = packet !== undefined
    return isSent
      ? [`it did not arrive: the kernel says ${errno}`]
      : [`no packet was sent: the kernel says ${errno}`]
  }
  if (!packet) return ['no such packet has come to the host']
  if (end.kind === 'followed')
    return device ? left : ['it is for the host itself, or for a neighbour on the same bridge']
  if (protocol === 'udp') return [...left, 'no answer has come, and udp needs none']
  return [...left, 'no answer has come: nobody is there, or who drops it is further on']
}

/** Who has dropped it, why if that is known, and what to do. */
function whoDropped({ table, rule, chain }: TracedChain): string[] {
  const name = rule?.chain ?? chain
  if (table.split(' ')[1] !== 'stepbox')
    return [
      `dropped by ${name} of ${table}, which is not Stepbox's: nothing that Stepbox accepts helps`,
      'what to add there: stepbox doctor',
    ]
  const why = reasons.find(([pattern]) => pattern.test(rule?.text ?? ''))?.[1]
  return [why ? `dropped by Stepbox: ${why}` : `dropped by Stepbox, in chain ${name}`]
}

/** Of our own rules that drop, by their text. */
const reasons: [RegExp, string][] = [
  [/@internal/, 'an internal network reaches nothing outside, and nobody outside reaches it'],
  [/oifname @bridges/, 'two networks do not reach each other, and only published ports lead in'],
  [/127\.0\.0\.0\/8/, 'nobody on a cable talks to the loopback of the host'],
  [/@own|@targets/, 'a container sends with its own addresses alone'],
  [/@closed|@within/, 'containers of this network do not reach each other (enable_icc=false)'],
]
