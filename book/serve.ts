/** A server for the pages. It listens on 127.0.0.1 only, and serves from memory only. */
import { readdirSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { escapeHtml } from './highlight.ts'
import { root } from './links.ts'
import { pages } from './pages.ts'

/** The folders that the pages are made from. */
const sources = ['book', 'chapters', 'native', 'runtime']

/**
 * Serve the book on 127.0.0.1 at `port`, or at a free port if that one is taken. The pages are
 * built again after a text or a source has changed.
 */
export async function serve(port: number): Promise<{ server: Server; address: string }> {
  const book = freshPages()
  const server = createServer((request, response) => answer(request, response, book))
  const taken = await listen(server, port).catch((error: NodeJS.ErrnoException) => error)
  if (taken?.code === 'EADDRINUSE') await listen(server, 0)
  else if (taken) throw taken
  return { server, address: `http://127.0.0.1:${portOf(server)}/` }
}

function listen(server: Server, port: number): Promise<undefined> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => (server.off('error', reject), resolve(undefined)))
  })
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

/** No script, no other host, no frame. */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
}

function answer(request: IncomingMessage, response: ServerResponse, book: () => Book): void {
  const send = (status: number, type: string, body: string): void => {
    response.writeHead(status, { ...headers, 'Content-Type': `${type}; charset=utf-8` })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  if (!isForUs(request)) return send(421, 'text/plain', 'this server answers to 127.0.0.1 only\n')
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(405, 'text/plain', 'GET and HEAD only\n')
  const { files, problem } = book()
  if (problem) return send(500, 'text/html', `<!doctype html><pre>${escapeHtml(problem)}</pre>`)
  const [path = '/'] = (request.url ?? '/').split('?')
  const name = path.endsWith('/') ? `${path.slice(1)}index.html` : path.slice(1)
  const body = files.get(name)
  if (body === undefined) return send(404, 'text/plain', 'there is no such page\n')
  return send(200, name.endsWith('.css') ? 'text/css' : 'text/html', body)
}

/** Refuse requests for other names: a site could let its own name point here (DNS rebinding). */
function isForUs({ headers, socket }: IncomingMessage): boolean {
  const own = ['127.0.0.1', 'localhost'].map((name) => `${name}:${socket.localPort}`)
  return own.includes(headers.host ?? '')
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
  return () => {
    const changedAt = Math.max(...sources.map((dir) => newest(join(root, dir))))
    if (changedAt === builtAt) return book
    builtAt = changedAt
    try {
      book = { files: pages() }
    } catch (error) {
      book = { files: book.files, problem: error instanceof Error ? error.message : String(error) }
    }
    return book
  }
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
