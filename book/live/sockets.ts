/** The WebSockets of the live book: which there are, and what their addresses may ask for. */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { mayUpgrade, type Door } from './token.ts'
import { line, type Line } from './line.ts'
import { chapterNumbers, sessionsOf } from './chapters.ts'
import { terminal } from './terminal.ts'
import { tests } from './tests.ts'
import { walk } from './walk.ts'
import { workspace } from './workspace.ts'

/** What is in an address, after it was checked. */
interface Asked {
  chapter?: number
  /** About the learner's own program, in the workspace of the lab. */
  isOwn: boolean
  rows: number
  columns: number
}

/** Resolves when nothing runs any more that it has started. */
type Open = (line: Line, asked: Asked) => Promise<void>

const shell: Open = (line, { rows, columns, chapter }) => {
  const sessions = chapter === undefined ? [] : sessionsOf(chapter)
  return terminal(line, { size: { rows, columns }, chapter, sessions })
}

/** What needs a chapter, and may be about the learner's own. */
function ofChapter(start: typeof tests): Open {
  return async (line, { chapter, isOwn }) => {
    const own = isOwn ? workspace() : undefined
    if (chapter === undefined || (isOwn && own === undefined)) return line.refuse()
    await start(line, chapter, own)
  }
}

const opens: Record<string, Open> = {
  '/live/tests': ofChapter(tests),
  '/live/walk': ofChapter(walk),
  '/live/terminal': shell,
  '/live/shell': shell,
}

/** The most bytes of one message: a page that pastes. */
const mostBytes = 2 ** 20

/** Accept upgrades on `server`. Gives what ends all that they started. */
export function acceptSockets(server: Server, door: Door): () => Promise<void> {
  const running = new Set<Promise<void>>()
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: mostBytes,
    perMessageDeflate: false,
    handleProtocols: () => 'stepbox',
  })
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy()) // ignoring: the page has gone
    if (!mayUpgrade(request, door)) return refuse(stream, '403 Forbidden')
    const { open, asked } = read(request.url ?? '')
    if (!open || !asked) return refuse(stream, '404 Not Found')
    if (request.headers['sec-websocket-protocol'] !== 'stepbox')
      return refuse(stream, '400 Bad Request')
    sockets.handleUpgrade(request, stream, head, (socket) => {
      const ended = open(line(socket), asked).finally(() => running.delete(ended))
      running.add(ended)
    })
  })
  return async () => {
    for (const socket of sockets.clients) socket.terminate()
    await Promise.all(running)
  }
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** An address is one of ours, byte for byte; what it asks for is a number each. */
function read(url: string): { open?: Open | undefined; asked?: Asked | undefined } {
  const [path = '', query = '', ...more] = url.split('?')
  const open = Object.hasOwn(opens, path) ? opens[path] : undefined
  const pairs = query === '' ? [] : query.split('&').map((pair) => pair.split('='))
  const known = ['chapter', 'workspace', 'rows', 'cols']
  const isSound = pairs.every(([name = '', value = '', ...others]) => {
    return known.includes(name) && /^\d{1,4}$/.test(value) && others.length === 0
  })
  const values = new Map(pairs.map(([name = '', value]) => [name, Number(value)]))
  if (more.length > 0 || !isSound || values.size < pairs.length) return {}
  const chapter = values.get('chapter')
  if (chapter !== undefined && !chapterNumbers().includes(chapter)) return {}
  const size = { rows: values.get('rows') || 24, columns: values.get('cols') || 80 }
  const isOwn = values.get('workspace') === 1
  return { open, asked: { ...(chapter === undefined ? {} : { chapter }), isOwn, ...size } }
}
