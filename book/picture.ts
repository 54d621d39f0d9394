/** A picture of the debugger for README.md: calls of a recorded walk, and what one changed. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { escapeHtml } from './highlight.ts'
import type { Language } from './languages.ts'
import { root } from './links.ts'
import { inChinese } from './reasons.ts'

/** The recording, and the call that the picture stops at. */
const recorded = 'chapters/03-pivot-root/walk.json'
const stop = 'pivot_root'
const before = 4
const after = 3

const width = 860
const rowHeight = 22
const left = 22
const mostLetters = 96

interface Walk {
  chapter: { number: number }
  command: string[]
  plan: { step: number; name: string; strace: string; why: string }[]
  frames: { index: number; changes: { sign: string; topic: string; text: string }[] }[]
}

/** One line of the picture: its class, its text. */
type Row = [kind: string, text: string]

export function pictureName({ tag }: Language): string {
  return tag === 'en' ? 'book/debugger.svg' : 'book/debugger.zh.svg'
}

/** The picture as SVG. It follows the theme of who looks at it, and needs no other file. */
export function picture({ tag }: Language): string {
  const walk = JSON.parse(readFileSync(join(root, recorded), 'utf8')) as Walk
  const at = walk.plan.findIndex(({ name }) => name === stop)
  const rows: Row[] = walk.plan.slice(at - before, at + after + 1).flatMap((line, offset) => {
    const text = `${String(line.step).padStart(2)}  ${line.strace}`
    if (at - before + offset !== at) return [[offset < before ? 'done' : 'next', text] as Row]
    const changes = walk.frames.find(({ index }) => index === at)?.changes ?? []
    return [
      ['now', text],
      ['why', `    ${tag === 'zh' ? inChinese(line.why) : line.why}`],
      ...changes.map(({ sign, topic, text: said }): Row => {
        return [sign === '-' ? 'less' : 'more', `    ${sign} ${topic.padEnd(10)} ${said}`]
      }),
    ]
  })
  const height = 70 + rows.length * rowHeight
  const typed = `stepbox --chapter ${walk.chapter.number} run --step busybox`
  const command = [typed, ...walk.command].join(' ')
  const lines = rows.map(([kind, text], row) => drawn(kind, text, 62 + row * rowHeight))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>${escapeHtml(command)}</title>
<style>
${css}
</style>
<rect class="window" width="${width}" height="${height}" rx="10"/>
<path class="bar" d="M0 34H${width}"/>
<text class="title" x="${width / 2}" y="22">${escapeHtml(command)}</text>
<circle class="dot" cx="18" cy="17" r="5"/><circle class="dot" cx="36" cy="17" r="5"/>
${lines.join('\n')}
</svg>
`
}

function drawn(kind: string, text: string, y: number): string {
  const shown = text.length > mostLetters ? `${text.slice(0, mostLetters - 1)}…` : text
  const mark =
    kind === 'now'
      ? `<rect class="mark" x="8" y="${y - 16}" width="${width - 16}" height="22" rx="4"/>`
      : ''
  return `${mark}<text class="${kind}" x="${left}" y="${y}">${escapeHtml(shown)}</text>`
}

const css = `text { font: 13.5px ui-monospace, 'DejaVu Sans Mono', monospace; white-space: pre }
text { fill: #23211e }
.title { text-anchor: middle; fill: #645f57 }
.window { fill: #fdfbf7; stroke: #ddd6ca }
.bar { stroke: #ddd6ca }
.dot { fill: #ddd6ca }
.done, .next { fill: #645f57 }
.now { font-weight: 700 }
.mark { fill: #fdf0c4 }
.why { fill: #77420a }
.more { fill: #175c3c }
.less { fill: #97262c }
@media (prefers-color-scheme: dark) {
text { fill: #e2dfd9 }
.title, .done, .next { fill: #a6a199 }
.window { fill: #17181b; stroke: #383a40 }
.bar { stroke: #383a40 }
.dot { fill: #383a40 }
.mark { fill: #3d3520 }
.why { fill: #e8b070 }
.more { fill: #86cfa5 }
.less { fill: #f0979b }
}`
