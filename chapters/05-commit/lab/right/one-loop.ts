// One loop, and a switch by kind; the inode's first name is kept in an object.
export function layerEntries(facts: UpperFact[]): LayerEntry[] {
  const entries: LayerEntry[] = []
  const first: Record<string, string> = {}
  for (const fact of facts) {
    if (fact.isInit) continue
    const { path, type, mode, uid, gid, size, mtimeNs, target, device } = fact
    if (fact.isWhiteout) {
      const names = path.split('/')
      names.push(`.wh.${names.pop()}`)
      entries.push(emptyFile(names.join('/')))
      continue
    }
    const entry: LayerEntry = { path, type, mode, uid, gid, size, mtimeNs, target, device }
    const known = fact.links > 1 && type !== 'directory' ? first[fact.inode] : undefined
    if (known !== undefined) Object.assign(entry, { type: 'hardlink', target: known, size: 0 })
    first[fact.inode] ??= path
    entries.push(entry)
    if (fact.isOpaque) entries.push(emptyFile(`${path}/.wh..wh..opq`))
  }
  return entries
}

export function effectsOf(headers: string[]): Effect[] {
  const effects: Effect[] = []
  for (const header of headers) {
    const names = `${textIn(header, 345, 155)}/${textIn(header, 0, 100)}`.split('/').filter(Boolean)
    const last = names.pop() ?? ''
    const dir = names.join('/')
    const inDir = (name: string) => (dir ? `${dir}/${name}` : name)
    if (last === '.wh..wh..opq') effects.push({ does: 'hides', path: dir })
    else if (last.startsWith('.wh.')) effects.push({ does: 'deletes', path: inDir(last.slice(4)) })
    else effects.push({ does: 'puts', path: inDir(last) })
  }
  return effects
}

export function mendedLayers(
  layers: LayerDescriptor[],
  diffIds: string[],
  blobs: MeasuredBlob[],
): LayerDescriptor[] {
  const mended: LayerDescriptor[] = []
  for (const id of diffIds) {
    const blob = blobs.find(({ diffId }) => diffId === id)
    if (!blob) return layers
    mended.push({ mediaType: blob.mediaType, digest: blob.digest, size: blob.size })
  }
  return mended
}
