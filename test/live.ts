/** Tests. The live book on a free port, and a client of its sockets that is no browser. */
import { existsSync } from 'node:fs'
import { request, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { serve, type Served } from '../book/serve.ts'
import { lookAtCgroups } from '../runtime/02-cgroups/cgroups.ts'
import { rootWithBusybox } from './busybox.ts'

export interface Book extends Served {
  origin: string
  cookie: string
}

/** A server until the end of the test, with a separate data root. */
export async function liveBook(port = 0): Promise<Book> {
  const before = process.env['STEPBOX_ROOT']
  process.env['STEPBOX_ROOT'] = await rootWithBusybox()
  onTestFinished(() => {
    if (before === undefined) delete process.env['STEPBOX_ROOT']
    else process.env['STEPBOX_ROOT'] = before
  })
  const served = await serve(port)
  onTestFinished(served.close)
  const { port: own, token } = served
  return { ...served, origin: `http://127.0.0.1:${own}`, cookie: `stepbox-${own}=${token}` }
}

export interface Given {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** Ask for `path`, sent as it is, with these headers and no others. */
export function ask(
  { port }: Pick<Book, 'port'>,
  path: string,
  headers: Record<string, string> = {},
): Promise<Given> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false, headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += String(chunk)))
      const { statusCode: status = 0, headers } = response
      response.on('end', () => resolve({ status, headers, text }))
    })
    asked.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: 101, headers: response.headers, text: '' })
    })
    asked.on('error', reject).end()
  })
}

/** The status that an upgrade is answered with: 101 if it is accepted. */
export async function upgrade(
  { port }: Pick<Book, 'port'>,
  headers: Record<string, string>,
  path = '/live/terminal',
): Promise<number> {
  const all = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    'sec-websocket-protocol': 'stepbox',
  }
  return (await ask({ port }, path, { ...all, ...headers })).status
}

export interface Client {
  socket: WebSocket
  /** All bytes of the terminal so far. */
  shown: () => string
  /** All messages so far. */
  messages: () => Message[]
  /** The first message that is so, now or later; rejects when the socket is closed before. */
  told: (isIt: (message: Message) => boolean) => Promise<Message>
  /** Resolves when the terminal has shown that, after what was awaited before. */
  shows: (text: RegExp) => Promise<string>
  say: (message: object) => void
  type: (text: string) => void
  /** The code that it was closed with. */
  closed: Promise<number>
}

export type Message = Record<string, any>

/** A socket of the book, open. */
export async function connect({ port, origin, cookie }: Book, path: string): Promise<Client> {
  const address = `ws://127.0.0.1:${port}${path}`
  const socket = new WebSocket(address, 'stepbox', { headers: { origin, cookie } })
  let [text, from] = ['', 0]
  const messages: Message[] = []
  const waiting = new Set<() => void>()
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) text += data.toString('latin1')
    else messages.push(JSON.parse(data.toString('utf8')) as Message)
    for (const look of waiting) look()
  })
  const until = <T>(find: () => T | undefined, what: string): Promise<T> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find()
        if (found === undefined) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      const said = () => `closed before ${what}: ${JSON.stringify([text.slice(from), messages])}`
      void closed.then(() => waiting.has(look) && reject(new Error(said())))
      look()
    })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return {
    socket,
    shown: () => text,
    messages: () => messages,
    told: (isIt) => until(() => messages.find(isIt), 'that message'),
    shows: (wanted) =>
      until(() => {
        const found = wanted.exec(text.slice(from))
        if (found) from += found.index + found[0].length
        return found?.[0]
      }, String(wanted)),
    say: (message) => socket.send(JSON.stringify(message)),
    type: (typed) => socket.send(Buffer.from(typed)),
    closed,
  }
}

/** The control groups of a container, in any hierarchy. */
export function groupsOf(id: string): string[] {
  const all = lookAtCgroups().hierarchies.map(({ mount }) => join(mount, `stepbox-${id}`))
  return all.filter((dir) => existsSync(dir))
}
