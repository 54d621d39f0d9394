// finds forgotten
// The groups are compared as text.
export function forgotten(first: OnRecord, newcomer: OnRecord): string[] {
  const names = Object.keys(first.namespaces).filter((name) => !name.endsWith('_for_children'))
  const others = names.filter((name) => first.namespaces[name] !== newcomer.namespaces[name])
  const isOther = first.cgroup !== newcomer.cgroup
  const group = isOther ? ['group'] : []
  return [...others.sort(), ...group, ...(first.limits === newcomer.limits ? [] : ['limits'])]
}
