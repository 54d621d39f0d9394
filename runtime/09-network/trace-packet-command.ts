/** `trace-packet`: sends a real packet, or waits for one, and says what the host does with it. */
import { randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { closeInherited } from '../01-namespaces/namespaces.ts'
import { UsageError, valueOf, type Answer, type Input } from '../command-line.ts'
import { tidy } from '../container/tidy.ts'
import { perform, StepError } from '../native.ts'
import { toolStep } from '../step.ts'
import { bridgeNetworks } from './networks.ts'
import { inNetworkOf, seenNetworks } from './seen-links.ts'
import { firstPacket, tracedIn } from './trace-read.ts'
import { droppedBy, storyOf, type TraceEnd, type TraceStory } from './trace-story.ts'
import { sourceFor, targetFor, type TraceSource, type TraceTarget } from './trace-target.ts'
import { traceFirst, traceTable, type Tracer } from './tracer.ts'
import { sourceAfter } from './tracked.ts'

/** Exit code 1 if the packet was dropped, or did not arrive. */
export async function tracePacketCommand(input: Input): Promise<Answer> {
  const { runtime, words, progress } = input
  await tidy(runtime)
  const { root } = runtime
  const source = sourceFor(root, valueOf(input, 'from'))
  const target = targetFor(root, words[0] ?? '', source)
  const isSent = source.kind !== 'outside'
  const seconds = secondsFrom(valueOf(input, 'timeout'), isSent ? 3 : 60)
  const { protocol, port } = target
  const from = randomInt(61_000, 65_000)
  const first = protocol === 'tcp' ? ' tcp flags & (syn | ack) == syn' : ''
  const match = `meta l4proto ${protocol} th dport ${port}${first}`
  const others = bridgeNetworks(root).flatMap(({ bridge }) => bridge?.name ?? [])
  const notOurs = ['lo', ...others].map((name) => `iifname != "${name}" `).join('')
  const tracer = await traceFirst(isSent ? `${match} th sport ${from}` : `${notOurs}${match}`)
  try {
    if (!isSent) progress(`waiting for a packet from outside, to port ${port}/${protocol}`)
    const end = isSent
      ? await knock(source, { ...target, from, seconds })
      : await comes(tracer, seconds)
    await tracer.settled()
    const story = await storyFrom(tracer.text(), protocol, end)
    const isLost = droppedBy(story) !== undefined || end.kind === 'silent' || end.kind === 'failed'
    const isGood = !isLost || (end.kind === 'silent' && protocol === 'udp' && !droppedBy(story))
    return { lines: storyOf(story), json: story, isSpoken: true, code: isGood ? 0 : 1 }
  } finally {
    tracer.end()
  }
}

function secondsFrom(text: string | undefined, usual: number): number {
  const seconds = Number(text ?? usual)
  if (!/^\d+(\.\d+)?$/.test(text ?? '0') || seconds <= 0 || seconds > 3600)
    throw new UsageError(`invalid --timeout '${text}': seconds, more than 0 and at most 3600`)
  return seconds
}

async function storyFrom(text: string, protocol: string, end: TraceEnd): Promise<TraceStory> {
  const packet = firstPacket(text)
  const chains = tracedIn(text, traceTable)
  const out = chains.at(-1)?.packet.out
  const source = packet && (sourceAfter(packet) ?? (await addressOf(out, packet.from)))
  return {
    protocol,
    ...(packet ? { packet } : {}),
    chains,
    ...(source ? { source } : {}),
    end,
  }
}

/** What masquerade takes: the interface's first address. What was refused is tracked no more. */
async function addressOf(name: string | undefined, like: string): Promise<string | undefined> {
  const [host] = await seenNetworks()
  const all = host?.links.find((link) => link.name === name)?.addresses ?? []
  const found = all.find((each) => each.includes(':') === like.includes(':'))
  return found?.replace(/\/.*/, '')
}

/** Send the packet from the network of `source`, and wait for what comes back. */
async function knock(
  source: TraceSource,
  { address, port, protocol, from, seconds }: TraceTarget & { from: number; seconds: number },
): Promise<TraceEnd> {
  const type = protocol === 'udp' ? 'SOCK_DGRAM' : 'SOCK_STREAM'
  try {
    await perform([
      ...closeInherited(),
      ...(source.kind === 'container' ? inNetworkOf(source.pid) : []),
      toolStep(['knock', address, port, type, from, seconds * 1000], 'the packet that is followed'),
    ])
    return { kind: 'answered' }
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    const { errno = '' } = error.report
    if (errno === 'ECONNREFUSED') return { kind: 'refused' }
    return errno === 'ETIMEDOUT' ? { kind: 'silent' } : { kind: 'failed', errno }
  }
}

/** Somebody else sends it. */
async function comes(tracer: Tracer, seconds: number): Promise<TraceEnd> {
  const end = Date.now() + seconds * 1000
  while (tracer.text() === '' || !firstPacket(tracer.text())) {
    if (Date.now() > end) return { kind: 'silent' }
    await setTimeout(20)
  }
  return { kind: 'followed' }
}
