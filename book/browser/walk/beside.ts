/** Two chapters' lists side by side, with the same calls on the same lines. */
import { escapeHtml } from '../../highlight.ts'
import type { WalkData, WalkLine } from '../../walk/scene.ts'
import { fill, type WalkWords } from '../../walk/words.ts'

/** A line of both lists; one side is empty if the other chapter does not have the call. */
export type Pair = [earlier: number | undefined, later: number | undefined]

/** The longest common part of both lists, and what is in one of them alone. */
export function align(earlier: WalkLine[], later: WalkLine[]): Pair[] {
  const [a, b] = [earlier.map(keyOf), later.map(keyOf)]
  const longest = a.map(() => b.map(() => 0))
  const at = (i: number, j: number) => longest[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--) {
      const row = longest[i] ?? []
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  const pairs: Pair[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length)
    if (i < a.length && j < b.length && a[i] === b[j]) pairs.push([i++, j++])
    else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1)))
      pairs.push([i++, undefined])
    else pairs.push([undefined, j++])
  return pairs
}

/** A call without what differs from one container to the next. */
function keyOf({ strace, why }: WalkLine): string {
  return `${strace.replace(/[0-9a-f]{12}…?/g, 'ID')} ${why}`
}

/** As a table. Calls of the later chapter can be gone to. */
export function besideTable(earlier: WalkData, later: WalkData, words: WalkWords): string {
  const pairs = align(earlier.plan, later.plan)
  const added = pairs.filter(([left]) => left === undefined).length
  const dropped = pairs.filter(([, right]) => right === undefined).length
  const counts = [
    fill(words.added, { n: added }),
    ...(dropped ? [fill(words.dropped, { n: dropped })] : []),
  ]
  const rows = pairs.map(([left, right]) => {
    const kind = left === undefined ? 'more' : right === undefined ? 'less' : 'same'
    const first = left === undefined ? '' : cell(earlier.plan[left])
    const second = right === undefined ? '' : goTo(right, later.plan[right])
    return `<tr class="${kind}"><td>${first}</td><td>${second}</td></tr>`
  })
  return `<p class="counts">${counts.join(' · ')}</p>
<div class="scroll" tabindex="0"><table>
<thead><tr><th>${fill(words.chapter, { n: earlier.chapter })}</th>
<th>${fill(words.chapter, { n: later.chapter })}</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`
}

function cell(line: WalkLine | undefined): string {
  return line ? `<i>${line.step}</i> <code>${escapeHtml(line.strace)}</code>` : ''
}

function goTo(index: number, line: WalkLine | undefined): string {
  return `<button data-at="${index + 1}">${cell(line)}</button>`
}
