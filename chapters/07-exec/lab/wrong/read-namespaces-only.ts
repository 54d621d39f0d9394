// finds forgotten
// Only namespaces are looked at.
export function forgotten(first: OnRecord, newcomer: OnRecord): string[] {
  const names = Object.keys(first.namespaces).filter((name) => !name.endsWith('_for_children'))
  return names.filter((name) => first.namespaces[name] !== newcomer.namespaces[name]).sort()
}
