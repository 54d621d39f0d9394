/** A WebSocket to the server of the page: text frames are JSON objects, binary frames bytes. */

export interface Wanted {
  /** `/live/tests?chapter=1` */
  path: string
  onMessage: (message: Record<string, unknown>) => void
  onBytes?: (bytes: Uint8Array) => void
  /** Called once, however it ends. */
  onClose: () => void
}

export interface Socket {
  tell: (message: object) => void
  send: (bytes: Uint8Array<ArrayBuffer>) => void
  close: () => void
}

/** Connect. What is sent before the connection is there waits for it. */
export function connect({ path, onMessage, onBytes, onClose }: Wanted): Socket {
  const socket = new WebSocket(`ws://${location.host}${path}`, 'stepbox')
  socket.binaryType = 'arraybuffer'
  const waiting: (string | Uint8Array<ArrayBuffer>)[] = []
  const send = (data: string | Uint8Array<ArrayBuffer>): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(data)
    else if (socket.readyState === WebSocket.CONNECTING) waiting.push(data)
  }
  socket.addEventListener('open', () => waiting.splice(0).forEach(send))
  socket.addEventListener('close', onClose)
  socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (typeof data === 'string') onMessage(JSON.parse(data) as Record<string, unknown>)
    else onBytes?.(new Uint8Array(data))
  })
  return { send, tell: (message) => send(JSON.stringify(message)), close: () => socket.close() }
}
