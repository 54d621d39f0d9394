/**
 * A server for the pages. It listens on 127.0.0.1 unless asked, and serves from memory only. Where
 * pages are live there is a root shell behind it, and everything takes a token (live/token.ts).
 */
import { readdirSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIP, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { escapeHtml } from './highlight.ts'
import { keep, sources } from './kept.ts'
import { root } from './links.ts'
import { doorPage } from './live/door-page.ts'
import { can } from './live/live.ts'
import { acceptSockets } from './live/sockets.ts'
import { atTheDoor, newToken, type Answer, type Door } from './live/token.ts'
import { pages, volumes } from './pages.ts'

/** How often changes are looked for while a page is open. */
const lookMs = 100

export interface Served {
  /** With the token, where there is one. */
  address: string
  port: number
  token: string | undefined
  /** End it, and all that pages have started. */
  close: () => Promise<void>
}

export interface Asked {
  host?: string
  /** False: pages are not live, and take no token. */
  isLive?: boolean
}

/**
 * Serve the book at `port` of `host`, or at a free port if that one is taken. The pages are built
 * again after a text or a source has changed, and pages that are open load themselves again.
 */
export async function serve(port: number, asked: Asked = {}): Promise<Served> {
  const { host = '127.0.0.1', isLive = true } = asked
  const wish = { host, isWanted: isLive }
  const door: Door = { host, token: can(wish).live ? newToken() : undefined }
  const book = freshPages()
  const readers = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    const answered = atTheDoor(request, door)
    if (answered.is !== 'let in') return turnAway(response, answered)
    if (request.url === '/changes') return listen(request, response, readers)
    if (request.url === '/live/can') return give(response, types.json, JSON.stringify(can(wish)))
    answer(request, response, { book, isLive: door.token !== undefined })
  })
  const endSockets = acceptSockets(server, door)
  watch(server, readers)
  const taken = await listening(server, port, host).catch((error: NodeJS.ErrnoException) => error)
  if (taken?.code === 'EADDRINUSE') await listening(server, 0, host)
  else if (taken) throw taken
  const own = (server.address() as AddressInfo).port
  const name = isIP(host) === 6 ? `[${host}]` : host
  const query = door.token === undefined ? '' : `?token=${door.token}`
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    await endSockets()
    server.closeAllConnections()
    await closed
  }
  return { address: `http://${name}:${own}/${query}`, port: own, token: door.token, close }
}

/** Tell the open pages about changes. */
function watch(server: Server, readers: Set<ServerResponse>): void {
  let seen = changedAt()
  const timer = setInterval(() => {
    if (readers.size === 0) return
    const now = changedAt()
    if (now === seen) return
    seen = now
    for (const reader of readers) reader.write('data: changed\n\n')
  }, lookMs)
  server.once('close', () => clearInterval(timer))
}

function listening(server: Server, port: number, host: string): Promise<undefined> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => (server.off('error', reject), resolve(undefined)))
  })
}

/** Scripts and data of the book's own, no other host, no frame. xterm.js makes inline styles. */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
}

const types: Record<string, string> & { json: string } = {
  json: 'application/json; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  epub: 'application/epub+zip',
}
const html = 'text/html; charset=utf-8'

function give(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { ...headers, 'Content-Type': type })
  response.end(body)
}

/** Nothing of the book without the token: neither a page nor whether there is one. */
function turnAway(response: ServerResponse, answer: Exclude<Answer, { is: 'let in' }>): void {
  if (answer.is === 'sent on') {
    response.writeHead(303, { ...headers, Location: answer.to, 'Set-Cookie': answer.cookie })
    return void response.end()
  }
  if (answer.why !== 'token') return refuse(response, answer.status, `${answer.why}\n`)
  response.writeHead(answer.status, { ...headers, 'Content-Type': html })
  response.end(doorPage)
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(why)
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { book, isLive }: { book: () => Book; isLive: boolean },
): void {
  const { method = '', url = '/' } = request
  const send = (status: number, type: string, body: string | Buffer): void => {
    response.writeHead(status, { ...headers, 'Content-Type': type })
    response.end(method === 'HEAD' ? undefined : body)
  }
  if (method !== 'GET' && method !== 'HEAD') return refuse(response, 405, 'GET and HEAD only\n')
  const { files, problem } = book()
  if (problem) return send(500, html, reloading(`<!doctype html><pre>${escapeHtml(problem)}</pre>`))
  const [path = '/'] = url.split('?')
  const name = path.endsWith('/') ? `${path.slice(1)}index.html` : path.slice(1)
  const volume = name.endsWith('.epub') ? volumes(files).get(name) : undefined
  const body = volume ?? files.get(name)
  if (body === undefined) return send(404, html, missing(files, name))
  if (typeof body !== 'string') return send(200, types['epub'] ?? '', body)
  const type = types[name.split('.').at(-1) ?? '']
  return send(200, type ?? html, type ? body : reloading(served(body, isLive)))
}

/** The page that says so, in the language of what was asked for; its links hold from anywhere. */
function missing(files: Map<string, string>, name: string): string {
  const dir = name.startsWith('zh/') ? 'zh/' : ''
  const page = files.get(`${dir}404.html`) ?? ''
  const own = page.replace(/data-up="[^"]*"/, `data-up="/"`)
  return own.replace(/(href|src)="(?!#)([^"]*)"/g, (_, kind: string, place: string) => {
    return `${kind}="${new URL(place, `http://book/${dir}`).pathname}"`
  })
}

/** A page that knows, before it is drawn, whether it keeps places for what is live. */
function served(page: string, isLive: boolean): string {
  const script = '<script src="/live.js" defer></script>'
  const marked = page.replace('<html ', `<html data-live="${isLive ? 'on' : 'off'}" `)
  return marked.replace('</head>', `${script}\n</head>`)
}

/** A page that loads itself again when the book has changed. */
function reloading(page: string): string {
  const script = '<script src="/reload.js" defer></script>'
  return page.includes('</head>') ? page.replace('</head>', `${script}\n</head>`) : page + script
}

/** Keep the response open, and send an event after each change. Other sites' pages get none. */
function listen(
  { headers: asked }: IncomingMessage,
  response: ServerResponse,
  all: Set<ServerResponse>,
): void {
  const { origin, host = '', 'sec-fetch-site': site = 'same-origin' } = asked
  if (site !== 'same-origin' || (origin && origin !== `http://${host}`))
    return refuse(response, 403, 'for pages of the book only\n')
  response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream' })
  response.write('retry: 500\n\n')
  all.add(response)
  response.once('close', () => all.delete(response))
}

interface Book {
  files: Map<string, string>
  /** Why the pages cannot be built. */
  problem?: string
}

/** The pages, built at the first request and again after a change. */
function freshPages(): () => Book {
  let builtAt = -1
  let book: Book = { files: new Map() }
  const kept = keep()
  return () => {
    const now = changedAt()
    if (now === builtAt) return book
    builtAt = now
    try {
      book = { files: pages(kept) }
    } catch (error) {
      book = { files: book.files, problem: error instanceof Error ? error.message : String(error) }
    }
    return book
  }
}

function changedAt(): number {
  return Math.max(...sources.map((dir) => newest(join(root, dir))))
}

/** The latest modification time of anything in `dir`, in milliseconds. */
function newest(dir: string): number {
  const times = readdirSync(dir, { withFileTypes: true }).map((entry) => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return entry.name === 'out' ? 0 : newest(path)
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
  })
  return Math.max(statSync(dir).mtimeMs, ...times)
}
