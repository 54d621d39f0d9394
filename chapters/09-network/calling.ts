/** Tests. Programs that call a port by TCP or UDP from a network, and one that answers. */
import { expect, vi } from 'vitest'
import type { Side, Town } from './town.ts'

/** What a container does: a page at port 80. */
export const serving = ['sh', '-c', 'echo hello > /index.html; httpd -f -p 80 -h /']

const bridged = '/proc/sys/net/bridge/bridge-nf-call-iptables'

/** Let what a bridge passes on skip the host's rules for IP, or meet them (br_netfilter). */
export function bothWays({ on }: Town): (() => void)[] {
  const isThere = on('host', ['test', '-e', bridged]).code === 0
  const set = (value: string) => () => void on('host', ['sh', '-c', `echo ${value} > ${bridged}`])
  return isThere ? [set('0'), set('1')] : [() => {}]
}

/** What a page says, or `refused` if that is the answer, or `nothing` if there is none. */
export function page(town: Town, side: Side, at: string): string {
  return pageWithin(town, { side, at, seconds: 10 })
}

/** The same where no answer is expected: so it is not waited for as long. */
export function soon(town: Town, side: Side, at: string): string {
  return pageWithin(town, { side, at, seconds: 1 })
}

interface Asked {
  side: Side
  at: string
  seconds: number
}

function pageWithin({ on }: Town, { side, at, seconds }: Asked): string {
  const argv = ['timeout', `${seconds}`, 'busybox', 'wget', '-q', '-O', '-', `http://${at}/`]
  const { code, out, err } = on(side, argv)
  if (code === 0) return out.trim()
  return /refused/.test(err) ? 'refused' : 'nothing'
}

/** Until the server in a container listens. */
export async function answered(town: Town, at: string): Promise<void> {
  await vi.waitFor(() => expect(page(town, 'host', at)).toBe('hello'), { timeout: 40_000 })
}

/** The same of a port of UDP. */
export async function heard(town: Town, to: [address: string, port: number]): Promise<void> {
  await vi.waitFor(() => expect(datagram(town, 'host', to)).toBe('hello'), { timeout: 40_000 })
}

/** It answers each datagram at port 53 with a word. */
export function answering({ start }: Town, side: Side): void {
  start(side, [process.execPath, '-e', `(${server.toString()})()`])
}

/** What comes back for a datagram: `hello`, the name of an errno, or `nothing` in 20 seconds. */
export function datagram({ on }: Town, side: Side, to: [address: string, port: number]): string {
  const script = `(${client.toString()})(${JSON.stringify(to)})`
  return on(side, [process.execPath, '-e', script]).out.trim()
}

/** These are passed to another Node as text, so they have nothing from around them. */
function server(): void {
  const { createSocket } = process.getBuiltinModule('node:dgram')
  for (const [type, address] of [['udp4', '0.0.0.0'], ['udp6', '::']] as const) {
    const socket = createSocket({ type, ipv6Only: type === 'udp6' })
    socket.on('message', (_, from) => socket.send('hello', from.port, from.address))
    socket.on('error', () => {}) // ignoring: a network may have no IPv6
    socket.bind(53, address)
  }
}

function client([address, port]: [string, number]): void {
  const { createSocket } = process.getBuiltinModule('node:dgram')
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const end = (word: string) => {
    console.log(word)
    process.exit()
  }
  socket.on('message', (text) => end(text.toString()))
  socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  socket.connect(port, address, () => {
    socket.send('hello')
    setInterval(() => socket.send('hello'), 200) // the first may come before the server
  })
  setTimeout(() => end('nothing'), 20_000)
}
