/**
 * Follows packets by nftables' own trace. One nft(8) makes a table, in which a rule marks the
 * packet, and then prints what happens to what is marked. The table belongs to that process (flag
 * `owner`, Linux 5.12): the kernel removes it when the process ends, whatever ends it.
 */
import { createSocket } from 'node:dgram'
import { randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { closeInherited } from '../01-namespaces/namespaces.ts'
import { launch } from '../native.ts'
import { toolStep } from '../step.ts'

/** The tables of all that trace at this moment begin so. */
export const traceTable = 'stepbox-trace'

export interface Tracer {
  /** What nft has printed of the packet so far. */
  text: () => string
  /** Resolves when nft has printed all that happened before. */
  settled: () => Promise<void>
  end: () => void
}

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const mostMs = 20_000

/** Mark the first packet that meets `match`, in the notation of nft(8). Throws without nft. */
export async function traceFirst(match: string): Promise<Tracer> {
  const probes: [number, number] = [randomInt(61_000, 63_000), randomInt(63_000, 65_000)]
  const launched = launch(
    [
      ...closeInherited(),
      toolStep(['fork'], 'the program; its parent waits for it'),
      toolStep(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'it must not go on without us'),
      toolStep(['execvpe', 'nft', ['nft', '-i'], [path]], 'it makes a table, and prints the trace'),
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  )
  const { stdin, stdout, stderr } = launched.process
  const printed = { out: '', err: '' }
  let isOver = false
  stdout?.on('data', (chunk: Buffer) => (printed.out += chunk.toString()))
  stderr?.on('data', (chunk: Buffer) => (printed.err += chunk.toString()))
  stdin?.on('error', () => {}) // ignoring: nft has ended, which its outcome says
  void launched.outcome.then(() => (isOver = true))
  stdin?.write(scriptFor(match, probes))
  const seen = async (port: number) => {
    const end = Date.now() + mostMs
    while (!printed.out.includes(`dport ${port} `)) {
      if (isOver || printed.err !== '' || Date.now() > end) throw whyNot(printed.err)
      await probe(port)
      await setTimeout(20)
    }
  }
  try {
    await seen(probes[0])
  } catch (error) {
    launched.abandon()
    throw error
  }
  return {
    text: () => withoutProbes(printed.out, probes),
    settled: () => seen(probes[1]),
    end: launched.abandon,
  }
}

function whyNot(said: string): Error {
  const [line = ''] = said.trim().split('\n')
  return new Error(
    `packets cannot be followed: ${line}; it takes root, nft 1.0 (apt-get install nftables) ` +
      'and Linux 5.12',
  )
}

/** Both probes go nowhere: they show that nft listens, and how far it has come. */
function scriptFor(match: string, probes: number[]): string {
  const name = `${traceTable}-${process.pid}`
  const once = 'limit rate 1/hour burst 1 packets meta nftrace set 1'
  const chains = [
    ['inet', 'prerouting'],
    ['inet', 'output'],
    ['bridge', 'prerouting'],
  ] as const
  return [
    ...['inet', 'bridge'].map((family) => `add table ${family} ${name} { flags owner; }`),
    ...chains.flatMap(([family, hook]) => {
      const chain = `${family} ${name} ${hook}`
      return [
        `add chain ${chain} { type filter hook ${hook} priority -450; }`,
        ...(hook === 'output'
          ? [`add rule ${chain} udp dport { ${probes.join(', ')} } meta nftrace set 1 drop`]
          : []),
        `add rule ${chain} ${match} ${once}`,
      ]
    }),
    'monitor trace\n',
  ].join('\n')
}

function withoutProbes(text: string, probes: number[]): string {
  const lines = text.split('\n')
  const isProbe = (line: string) => probes.some((port) => line.includes(`udp dport ${port} `))
  const idOf = (line: string) => /^trace id (\w+)/.exec(line)?.[1]
  const ids = new Set(lines.filter(isProbe).map(idOf))
  return lines.filter((line) => !ids.has(idOf(line))).join('\n')
}

/** A datagram that is dropped where it begins. */
async function probe(port: number): Promise<void> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => {
    socket.on('error', () => resolve()) // ignoring: dropped, as it is meant
    socket.send('', port, '127.0.0.1', () => resolve())
  })
  socket.close()
}
