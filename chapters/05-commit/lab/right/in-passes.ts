// One pass for each rule; whiteouts of replaced directories instead of opaque marks; sorted.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  const own = facts.filter((fact) => !fact.isInit)
  const whiteout = (path: string) => {
    const at = path.lastIndexOf('/')
    return emptyFile(at < 0 ? `.wh.${path}` : `${path.slice(0, at)}/.wh.${path.slice(at + 1)}`)
  }
  const marks = own.filter((fact) => fact.isWhiteout || fact.isOpaque).map(({ path }) => path)
  const files = own.filter((fact) => !fact.isWhiteout)
  const firstOf = new Map(files.toReversed().map(({ inode, path }) => [inode, path]))
  const entries = files.map((fact): LayerEntry => {
    const first = firstOf.get(fact.inode) ?? fact.path
    if (fact.type === 'directory' || first === fact.path) return fact
    return { ...fact, type: 'hardlink', size: 0, target: first }
  })
  return [...marks.map(whiteout), ...entries]
}

export const predictedPaths: string[] = [
  'var/new',
  'var/.wh..wh..opq',
  'var',
  'tmp',
  'etc/passwd',
  'etc',
  'bin/.wh.vi',
  'bin',
]

export function squashed(lower: LayerEntry[], upper: LayerEntry[]): LayerEntry[] {
  const tree = new Map<string, LayerEntry>()
  const hidden = new Set<string>()
  const remove = (path: string) => {
    for (const name of [...tree.keys()])
      if (name === path || name.startsWith(`${path}/`)) tree.delete(name)
    for (const name of [...hidden]) if (name.startsWith(`${path}/`)) hidden.delete(name)
  }
  for (const entry of [...lower, ...upper]) {
    const [, dir = '', name] = /^(.*\/)?\.wh\.(.*)$/.exec(entry.path) ?? []
    const path = name === undefined ? entry.path : dir + name
    if (name === '.wh..opq') {
      const top = dir.slice(0, -1)
      for (const each of [...tree.keys()]) if (each.startsWith(dir)) tree.delete(each)
      hidden.add(top)
    } else if (name !== undefined) {
      remove(path)
      hidden.add(path)
    } else if (entry.type === 'directory' && tree.get(path)?.type !== 'directory') {
      const isOther = tree.has(path)
      remove(path)
      tree.set(path, entry)
      if (isOther) hidden.add(path)
    } else if (entry.type === 'directory') tree.set(path, entry)
    else {
      remove(path)
      tree.set(path, entry)
    }
  }
  const marks = [...hidden].map((path): LayerEntry => {
    const isDirectory = tree.get(path)?.type === 'directory'
    const at = path.lastIndexOf('/') + 1
    const mark = isDirectory ? `${path}/.wh..wh..opq` : `${path.slice(0, at)}.wh.${path.slice(at)}`
    const none = { mode: 0, uid: 0, gid: 0, size: 0, mtimeNs: '0', target: '' }
    return { path: mark, type: 'file', ...none, device: { major: 0, minor: 0 } }
  })
  const isPut = ({ path }: LayerEntry) => tree.has(path.replace(/\.wh\.([^/]*)$/, '$1'))
  return [...tree.values(), ...marks.filter((mark) => !isPut(mark))]
}
