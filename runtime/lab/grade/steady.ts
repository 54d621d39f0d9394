/** Texts without what chance decides: a submission that is graded twice is told the same twice. */

/**
 * `text` with the random words of checks, numbers of namespaces and names of temporary directories
 * written as `word1`, `[ns1]` and `/lab/box`: what was equal stays equal, what differed differs.
 */
export function steady(text: string): string {
  const counts = new Map<string, string[]>()
  const named = (kind: string, found: string): string => {
    const known = counts.get(kind) ?? []
    if (!known.includes(found)) known.push(found)
    counts.set(kind, known)
    return `${kind}${known.indexOf(found) + 1}`
  }
  return text
    .replaceAll(/[^\s"=,:]*\/stage_\d[^\s/]*\/tmp\/[a-z]+-\w{6}/g, '/lab')
    .replaceAll(/\b(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{12}\b/g, (found) => named('word', found))
    .replaceAll(/\[(402653\d{4})\]/g, (_, found: string) => `[${named('ns', found)}]`)
}
