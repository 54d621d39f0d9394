/** One WebSocket of a page: text frames are JSON objects, binary frames the bytes of a terminal. */
import { WebSocket, type RawData } from 'ws'

/** RFC 6455, 7.4.1: a message that this server does not take. */
const policyViolation = 1008

/** How long a page may take to answer a close. */
const patienceMs = 1000

export interface Line {
  send(bytes: Buffer): void
  /** How many bytes wait to be sent. */
  waiting(): number
  /** Call once, when all that waits is sent. */
  whenSent(then: () => void): void
  tell(message: object): void
  onBytes(then: (bytes: Buffer) => void): void
  onText(then: (message: Record<string, unknown>) => void): void
  /** Called once, however it ends. */
  onClose(then: () => void): void
  /** The last message. */
  finish(message: object): void
  /** What the page sent is malformed. */
  refuse(): void
}

export function line(socket: WebSocket): Line {
  let takeBytes: ((bytes: Buffer) => void) | undefined
  let takeText: ((message: Record<string, unknown>) => void) | undefined
  const close = (code: number): void => {
    socket.close(code)
    setTimeout(() => socket.terminate(), patienceMs).unref()
  }
  const refuse = (): void => close(policyViolation)
  const isOpen = (): boolean => socket.readyState === WebSocket.OPEN
  socket.on('error', () => socket.terminate()) // ignoring: a frame that is none; it is closed
  socket.on('message', (data: RawData, isBinary: boolean) => {
    if (!isOpen()) return
    const bytes = data as Buffer
    if (isBinary) return takeBytes ? takeBytes(bytes) : refuse()
    const message = objectIn(bytes.toString('utf8'))
    return message && takeText ? takeText(message) : refuse()
  })
  const tell = (message: object): void => {
    if (isOpen()) socket.send(JSON.stringify(message))
  }
  return {
    send: (bytes) => isOpen() && socket.send(bytes),
    waiting: () => socket.bufferedAmount,
    whenSent: (then) => (isOpen() ? socket.send(Buffer.alloc(0), then) : then()),
    tell,
    onBytes: (then) => (takeBytes = then),
    onText: (then) => (takeText = then),
    onClose: (then) => void socket.once('close', then),
    finish: (message) => (tell(message), close(1000)),
    refuse,
  }
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
