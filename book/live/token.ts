/**
 * Who may ask the server. With a root shell behind it, everything takes a token that only the
 * terminal shows in which the server was started.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { hostname } from 'node:os'

export interface Door {
  /** The name or address that the server listens at. */
  host: string
  /** None: anybody who reaches the server may read, and nothing is live. */
  token: string | undefined
}

/** 32 random bytes, for an address. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

export type Answer =
  | { is: 'let in' }
  | { is: 'sent on'; to: string; cookie: string }
  | { is: 'refused'; status: 403 | 421; why: 'name' | 'site' | 'token' }

/** Whether `request` is let in; with the token in its address, it is sent on with a cookie. */
export function atTheDoor(request: IncomingMessage, door: Door): Answer {
  const { headers, socket, url = '/' } = request
  if (!isForUs(request, door.host)) return { is: 'refused', status: 421, why: 'name' }
  if (door.token === undefined) return { is: 'let in' }
  if (!isOurSite(request)) return { is: 'refused', status: 403, why: 'site' }
  const cookie = `stepbox-${socket.localPort}`
  const asked = new URL(url.replace(/^\/+/, '/'), 'http://book')
  const shown = asked.searchParams.get('token')
  if (shown !== null && request.method === 'GET' && !headers.upgrade) {
    if (!isSame(shown, door.token)) return { is: 'refused', status: 403, why: 'token' }
    asked.searchParams.delete('token')
    const value = `${cookie}=${door.token}; HttpOnly; SameSite=Strict; Path=/`
    return { is: 'sent on', to: `${asked.pathname}${asked.search}`, cookie: value }
  }
  const kept = cookiesOf(headers.cookie).get(cookie)
  if (kept === undefined || !isSame(kept, door.token))
    return { is: 'refused', status: 403, why: 'token' }
  return { is: 'let in' }
}

/** Whether an upgrade is let in. Browsers always say which page asks for one (RFC 6455, 10.2). */
export function mayUpgrade(request: IncomingMessage, door: Door): boolean {
  const { origin } = request.headers
  if (door.token === undefined || origin === undefined) return false
  return atTheDoor(request, door).is === 'let in'
}

/**
 * Refuse requests for other names: a site could let its own name point here (DNS rebinding). It
 * cannot have an address as its name.
 */
function isForUs({ headers, socket }: IncomingMessage, host: string): boolean {
  const [, asked = '', port] = /^(.*?)(?::(\d+))?$/.exec(headers.host ?? '') ?? []
  const name = asked.replace(/^\[(.*)\]$/, '$1')
  if (Number(port ?? 80) !== socket.localPort) return false
  if (['127.0.0.1', 'localhost', host].includes(name)) return true
  return !isLoopback(host) && (isIP(name) > 0 || name === hostname())
}

/** Whether only this machine reaches what listens there. */
export function isLoopback(host: string): boolean {
  return ['127.0.0.1', 'localhost', '::1'].includes(host)
}

/** Whether a page of this server asks, or no page at all. A link on another site may lead here. */
function isOurSite({ headers, method }: IncomingMessage): boolean {
  const { origin, host, 'sec-fetch-site': site = 'none' } = headers
  if (origin !== undefined && origin !== `http://${host}`) return false
  if (site === 'same-origin' || site === 'none') return true
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': target } = headers
  return mode === 'navigate' && target === 'document' && method === 'GET'
}

/** In constant time, whatever the lengths are. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}

function cookiesOf(header = ''): Map<string, string> {
  const pairs = header.split(';').map((pair) => pair.trim().split('='))
  return new Map(pairs.map(([name = '', ...value]) => [name, value.join('=')]))
}
