/** Layers as data, and the one tree that a container sees of them. Runs in browsers, too. */

export type FileKind = 'directory' | 'file' | 'link' | 'device' | 'whiteout'

export interface LayerEntry {
  /** From the root, without a slash before it: `etc/passwd`. */
  path: string
  kind: FileKind
  /** The permission bits, octal. */
  mode: string
  sizeBytes: number
  /** Of a symbolic link. */
  target?: string
  /** A directory that hides what lies below it. */
  isOpaque?: true
}

export interface RecordedLayer {
  /** As the directory is called: `upper`, `init`, `lower0`. */
  name: string
  entries: LayerEntry[]
}

/** The file `layers.json`: the layers of one container, topmost first. */
export interface RecordedLayers {
  stepbox: 'layers'
  version: 1
  /** What was typed. */
  commands: string[]
  layers: RecordedLayer[]
}

/** Why an entry of a lower layer is not seen. */
type Hiding = 'file' | 'whiteout' | 'opaque'

/** A path, and what each layer has under it. */
export interface MergedPath {
  path: string
  /** By layer; undefined where the layer does not have it. */
  entries: (LayerEntry | undefined)[]
  /** The layer that is seen; undefined if the path is not. */
  seen: number | undefined
  /** The layers that are seen together, if it is a directory. */
  merged: number[]
  /** What hides the layers further down: the layer, and how. */
  hidden: { layer: number; by: number; how: Hiding }[]
  /** Below this layer nothing shows through. */
  cut: number
  cutHow: Hiding
  cutBy: number
}

/** Every path of all layers, in the order of a tree: each directory before what is in it. */
export function mergedTree(layers: RecordedLayer[]): MergedPath[] {
  const byPath = layers.map(({ entries }) => new Map(entries.map((each) => [each.path, each])))
  const paths = new Set(layers.flatMap(({ entries }) => entries.map(({ path }) => path)))
  const found = new Map<string, MergedPath>()
  for (const path of [...paths].sort(asTree)) {
    const parent = found.get(path.replace(/\/?[^/]*$/, ''))
    const entries = byPath.map((layer) => layer.get(path))
    found.set(path, merge(path, entries, parent))
  }
  return [...found.values()]
}

function asTree(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')]
  const at = left.findIndex((name, index) => name !== right[index])
  if (at < 0) return left.length - right.length
  const [first = '', second = ''] = [left[at], right[at]]
  return first < second ? -1 : 1
}

function merge(
  path: string,
  entries: MergedPath['entries'],
  parent: MergedPath | undefined,
): MergedPath {
  const last = entries.length - 1
  const above = { cut: parent?.cut ?? last, cutHow: parent?.cutHow, cutBy: parent?.cutBy }
  const found: MergedPath = {
    ...{ path, entries, seen: undefined, merged: [], hidden: [] },
    ...{ cut: above.cut, cutHow: above.cutHow ?? 'opaque', cutBy: above.cutBy ?? 0 },
  }
  let stop: { by: number; how: Hiding } | undefined
  for (const [layer, entry] of entries.entries()) {
    if (!entry) continue
    if (layer > found.cut) {
      const { cutBy: by, cutHow: how } = found
      found.hidden.push({ layer, ...(stop ?? { by, how }) })
      continue
    }
    const isBelowFile = found.seen !== undefined && entry.kind !== 'directory'
    if (isBelowFile && entry.kind !== 'whiteout')
      found.hidden.push({ layer, by: found.seen ?? 0, how: 'file' })
    else if (entry.kind !== 'whiteout') {
      found.seen ??= layer
      found.merged.push(layer)
    }
    const how = stopOf(entry, isBelowFile)
    if (!how) continue
    stop = { by: isBelowFile ? (found.seen ?? layer) : layer, how }
    Object.assign(found, { cut: layer, cutHow: how, cutBy: stop.by })
  }
  return found
}

/** Whether an entry ends what shows through, and how. */
function stopOf({ kind, isOpaque }: LayerEntry, isBelowFile: boolean): Hiding | undefined {
  if (kind === 'whiteout') return 'whiteout'
  if (kind !== 'directory' || isBelowFile) return 'file'
  return isOpaque ? 'opaque' : undefined
}
