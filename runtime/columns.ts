/** The columns that text takes on a terminal: a character may take two, one or none. */

/** How many columns `text` takes. Colours (SGR, console_codes(4)) take none. */
export function columnsOf(text: string): number {
  if (plain.test(text)) return text.length
  return partsOf(text).reduce((sum, part) => sum + widthOf(part), 0)
}

/** `text` with blanks after it, to fill `columns`. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}

/** `text`, or without colours as much of its beginning as fits into `columns` with `…` after it. */
export function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text
  return `${beginningOf(text.replace(colours, ''), Math.max(0, columns - 1))}…`
}

/** As much of the beginning of `text` as fits into `columns`. */
function beginningOf(text: string, columns: number): string {
  if (plain.test(text)) return text.slice(0, columns)
  let width = 0
  const fitting = partsOf(text).findIndex((part) => (width += widthOf(part)) > columns)
  return fitting < 0 ? text : partsOf(text).slice(0, fitting).join('')
}

/** `text` in pieces of at most `columns`, in linear time; a character that is wider is a piece. */
export function pieces(text: string, columns: number): string[] {
  const found: string[] = []
  let [piece, used] = ['', 0]
  for (const part of plain.test(text) ? text : partsOf(text)) {
    const width = widthOf(part)
    if (piece !== '' && used + width > columns) {
      found.push(piece)
      ;[piece, used] = ['', 0]
    }
    piece += part
    used += width
  }
  return [...found, piece]
}

const plain = /^[\x20-\x7e]*$/
const colours = /\x1b\[[\d;]*m/g

/**
 * Colours, and what a reader sees as one character (UAX 29). In ASCII each character is one, but
 * the last may have a mark after it; segmenting takes a hundred times as long.
 */
function partsOf(text: string): string[] {
  return text.split(/(\x1b\[[\d;]*m|[\x20-\x7e]+(?=[\x20-\x7e]|$))/).flatMap((word) => {
    if (word.startsWith('\x1b')) return [word]
    if (plain.test(word)) return [...word]
    return Array.from(segments(word), ({ segment }) => segment)
  })
}

function segments(text: string) {
  return new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)
}

/** Two columns: the scripts of East Asia, their punctuation and full forms, and emoji (UAX 11). */
const scripts = ['Han', 'Hang', 'Hira', 'Kana', 'Bopo', 'Yi'].map((each) => `\\p{sc=${each}}`)
const further = String.raw`\u3000-\u303e\u3041-\u33ff\uff01-\uff60\uffe0-\uffe6\p{EPres}`
const wide = new RegExp(`^(?![\uff61-\uffdc])[${scripts.join('')}${further}]|^.\ufe0f`, 'u')
const none = /^[\p{M}\p{DI}\x1b]/u

function widthOf(part: string): number {
  return none.test(part) ? 0 : wide.test(part) ? 2 : 1
}
