/** Strings that keep every byte, for arguments and paths that are not UTF-8. */

const escape = 0xdc00

/**
 * Decode `bytes` as UTF-8; a byte that is not part of any character becomes the lone surrogate
 * U+DC00 + byte, which no valid text contains. (Python's `surrogateescape`, PEP 383.)
 */
export function fromBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  if (!text.includes('\ufffd')) return text
  let out = ''
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at)
    out += length
      ? Buffer.from(bytes.subarray(at, at + length)).toString('utf8')
      : String.fromCharCode(escape + (bytes[at] ?? 0))
    at += length || 1
  }
  return out
}

/** Encode a string from `fromBytes`: gives the bytes that it was made of. */
export function toBytes(text: string): Buffer {
  if (!/[\udc80-\udcff]/.test(text)) return Buffer.from(text, 'utf8')
  const bytes = Buffer.allocUnsafe(3 * text.length)
  let length = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.codePointAt(at) ?? 0
    const isEscaped = code >= escape + 0x80 && code <= escape + 0xff // and not half of a pair
    if (code < 0x80 || isEscaped) bytes[length++] = code & 0xff
    else length += bytes.write(String.fromCodePoint(code), length)
    if (code > 0xffff) at++
  }
  return bytes.subarray(0, length)
}

/** The length in bytes of the valid UTF-8 character at `at`, or 0 when there is none. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  if (length === 0 || first > 0xf4 || at + length > bytes.length) return 0
  const character = Buffer.from(bytes.subarray(at, at + length))
  const text = character.toString('utf8')
  return Buffer.from(text, 'utf8').equals(character) ? length : 0
}

/** The arguments of this process byte for byte; `process.argv` replaces what is not UTF-8. */
export function argvFrom(cmdline: Uint8Array, argv: string[]): string[] {
  const all: string[] = []
  let start = 0
  for (let at = 0; at < cmdline.length; at++) {
    if (cmdline[at] !== 0) continue
    all.push(fromBytes(cmdline.subarray(start, at)))
    start = at + 1
  }
  return argv.length === 0 || all.length < argv.length ? argv : all.slice(-argv.length)
}
