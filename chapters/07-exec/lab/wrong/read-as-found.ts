// finds forgotten
// The names are in the order in which they are found.
export function forgotten(first: OnRecord, newcomer: OnRecord): string[] {
  const names = Object.keys(first.namespaces).filter((name) => !name.endsWith('_for_children'))
  const others = names.filter((name) => first.namespaces[name] !== newcomer.namespaces[name])
  const isOther = linesOf(first.cgroup) !== linesOf(newcomer.cgroup)
  const group = isOther ? ['group'] : []
  return [...others, ...group, ...(first.limits === newcomer.limits ? [] : ['limits'])]
}

function linesOf(text: string): string {
  return text.trim().split('\n').sort().join('\n')
}
