/** Foreign words for a terminal: what would steer it, or could not be seen, is written out. */

/**
 * Characters that steer a terminal or show nothing: controls (C0, DEL, C1), direction marks, lines'
 * and paragraphs' separators, zero-width and other ignorable characters, tags, private use,
 * noncharacters, and lone surrogates, which stand for bytes that are not UTF-8 (bytes.ts).
 */
const unseen = String.raw`[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{DI}\p{NChar}\ufff9-\ufffb]`

/** Some of them belong to ordinary text: in emoji, and between letters that join. */
const joining = ['Arab', 'Syrc', 'Nkoo', 'Mong', 'Deva', 'Beng', 'Guru', 'Gujr', 'Orya', 'Taml']
  .concat('Telu', 'Knda', 'Mlym', 'Sinh', 'Khmr', 'Mymr')
  .map((script) => String.raw`\p{sc=${script}}`)
  .join('')
const ordinary = [
  String.raw`(?<=\p{ExtPict})[\ufe0e\ufe0f]`,
  String.raw`(?<=[0-9#*])\ufe0f(?=\u20e3)`,
  String.raw`(?<=[\p{ExtPict}\p{EMod}\ufe0f])\u200d(?=\p{ExtPict})`,
  String.raw`(?<=[${joining}])[\u200c\u200d](?=[${joining}])`,
].join('|')

const plain = /^[\x20-\x7e]*$/

/**
 * `text` as one line that is safe to show: `\n` for a newline, `\x1b` for a control character or a
 * byte that is not UTF-8, `\u202e` for others. Text of any script and emoji stay as they are.
 */
export function printable(text: string): string {
  return replaceUnseen(text, writtenOut)
}

/** A message of several lines. A newline with two blanks after it is ours, others are foreign. */
export function printableMessage(text: string): string {
  return text.split(/\n(?= {2})/).map(printable).join('\n')
}

/** All strings in plain data, names of fields too. */
export function printableIn<T>(data: T): T {
  if (typeof data === 'string') return printable(data) as T
  if (Array.isArray(data)) return data.map(printableIn) as T
  if (typeof data !== 'object' || data === null) return data
  const fields = Object.entries(data).map(([name, value]) => [printable(name), printableIn(value)])
  return Object.fromEntries(fields) as T
}

/** `data` as JSON of the same value in which such characters are escaped. */
export function asJson(data: unknown): string {
  const units = (character: string) =>
    character.split('').map((unit) => `\\u${hex(unit.charCodeAt(0), 4)}`).join('')
  const withBigints = (_: string, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value
  const text = JSON.stringify(data, withBigints, 2)
  return `${replaceUnseen(text, (each) => (each === '\n' ? each : units(each)))}\n`
}

/** Made when the first such text is seen: that takes a millisecond. */
let pattern: RegExp | undefined

/** `text` with what `write` makes of each such character; `next` is the code unit after it. */
export function replaceUnseen(
  text: string,
  write: (character: string, next: string | undefined) => string,
): string {
  if (plain.test(text)) return text
  pattern ??= new RegExp(`(?:${ordinary})|(${unseen})`, 'gu')
  return text.replace(pattern, (all, bad: string | undefined, at: number) =>
    bad === undefined ? all : write(bad, text[at + all.length]),
  )
}

const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function writtenOut(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const isByte = code >= 0xdc80 && code <= 0xdcff
  if (isByte) return `\\x${hex(code - 0xdc00, 2)}`
  if (code < 0x80) return named[character] ?? `\\x${hex(code, 2)}`
  return code > 0xffff ? `\\u{${hex(code, 5)}}` : `\\u${hex(code, 4)}`
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}
