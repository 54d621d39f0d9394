/** What changed between two lists, of lines or of calls. */

export interface Edit<T> {
  sign: ' ' | '-' | '+'
  item: T
}

/** The fewest edits from `from` to `to`, by the longest common subsequence. */
export function editsFrom<T>(from: readonly T[], to: readonly T[]): Edit<T>[] {
  const [n, m] = [from.length, to.length]
  const lengths = Array.from({ length: n + 1 }, () => new Uint32Array(m + 1))
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0
  for (let i = n - 1; i >= 0; i--)
    for (let j = m - 1; j >= 0; j--) {
      const isSame = from[i] === to[j]
      const row = lengths[i] as Uint32Array
      row[j] = isSame ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  const edits: Edit<T>[] = []
  for (let i = 0, j = 0; i < n || j < m; ) {
    const isSame = i < n && j < m && from[i] === to[j]
    if (isSame) {
      edits.push({ sign: ' ', item: from[i++] as T })
      j++
    } else if (j >= m || (i < n && at(i + 1, j) >= at(i, j + 1)))
      edits.push({ sign: '-', item: from[i++] as T })
    else edits.push({ sign: '+', item: to[j++] as T })
  }
  return edits
}

const around = 3

/** A unified diff of two texts; none if they are the same. */
export function unifiedDiff(path: string, from: string, to: string): string[] {
  const edits = editsFrom(from.split('\n'), to.split('\n'))
  const isNear = (at: number) =>
    edits.slice(Math.max(0, at - around), at + around + 1).some(({ sign }) => sign !== ' ')
  const lines: string[] = []
  let [old, now, isOpen] = [1, 1, false]
  edits.forEach(({ sign, item }, at) => {
    if (isNear(at)) {
      if (!isOpen) lines.push(`@@ -${old} +${now} @@`)
      lines.push(`${sign}${item}`)
    }
    isOpen = isNear(at)
    if (sign !== '+') old++
    if (sign !== '-') now++
  })
  return lines.length > 0 ? [`--- ${path}`, `+++ ${path}`, ...lines] : []
}

/** How a list of calls differs from another: by call, in strace's notation. */
export interface ListDiff {
  missing: string[]
  extra: string[]
  /** In both, at another place. */
  outOfOrder: string[]
}

export function listDiff(own: string[], reference: string[]): ListDiff {
  const edits = editsFrom(own, reference)
  const of = (sign: string) => edits.filter((each) => each.sign === sign).map(({ item }) => item)
  const [extra, missing] = [of('-'), of('+')]
  const outOfOrder: string[] = []
  for (const item of [...extra])
    if (missing.includes(item)) {
      outOfOrder.push(item)
      extra.splice(extra.indexOf(item), 1)
      missing.splice(missing.indexOf(item), 1)
    }
  return { missing, extra, outOfOrder }
}
