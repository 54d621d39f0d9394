// finds forgotten
// A namespace for children is taken for one of the process.
export function forgotten(first: OnRecord, newcomer: OnRecord): string[] {
  const names = Object.keys(first.namespaces)
  const others = names.filter((name) => first.namespaces[name] !== newcomer.namespaces[name])
  const isOther = linesOf(first.cgroup) !== linesOf(newcomer.cgroup)
  const group = isOther ? ['group'] : []
  return [...others.sort(), ...group, ...(first.limits === newcomer.limits ? [] : ['limits'])]
}

function linesOf(text: string): string {
  return text.trim().split('\n').sort().join('\n')
}
