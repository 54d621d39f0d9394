/** The answers to the smaller exercises of chapter 5. */
import type { LayerEntry } from '../../../runtime/05-commit/layer/entries.ts'

/**
 * Predict. A container of busybox runs these lines, and is committed:
 *
 *     rm /bin/vi
 *     chmod 600 /etc/passwd
 *     echo x > /tmp/x; rm /tmp/x
 *     rm -r /var; mkdir /var; touch /var/new
 *
 * Which entries does the new layer have? Their paths, as in a LayerEntry, in any order.
 */
export const predictedPaths: string[] = [
  'bin',
  'bin/.wh.vi',
  'etc',
  'etc/passwd',
  'tmp',
  'var',
  'var/.wh..wh..opq',
  'var/new',
]

/** What an entry of a layer does to the image below. */
export interface Effect {
  does: 'puts' | 'deletes' | 'hides'
  /** What it puts or deletes, or the directory whose old content it hides: `etc/motd`. */
  path: string
}

/**
 * Read. What the entries of a layer do, in the same order. Each of `headers` is one tar header, 512
 * bytes in hexadecimal (POSIX, pax, "ustar Interchange Format"):
 *
 *     name     at 0, 100 bytes. A directory's ends in a slash, which is not part of its path
 *     prefix   at 345, 155 bytes. If it is not empty, the path is `<prefix>/<name>`
 */
export function effectsOf(headers: string[]): Effect[] {
  return headers.map((header) => {
    const [name, prefix] = [textIn(header, 0, 100), textIn(header, 345, 155)]
    const path = (prefix === '' ? name : `${prefix}/${name}`).replace(/\/$/, '')
    const above = path.slice(0, path.lastIndexOf('/') + 1)
    const last = path.slice(above.length)
    if (last === '.wh..wh..opq') return { does: 'hides', path: above.slice(0, -1) }
    if (last.startsWith('.wh.')) return { does: 'deletes', path: above + last.slice(4) }
    return { does: 'puts', path }
  })
}

/** The text in a field of a header: up to the first NUL, or all of it. */
function textIn(header: string, offset: number, width: number): string {
  const digits = header.slice(2 * offset, 2 * (offset + width)).match(/../g) ?? []
  const bytes = digits.map((each) => Number.parseInt(each, 16))
  const end = bytes.includes(0) ? bytes.indexOf(0) : width
  return new TextDecoder().decode(Uint8Array.from(bytes.slice(0, end)))
}

/** A descriptor in a manifest: the blob of a layer. */
export interface LayerDescriptor {
  mediaType: string
  /** Of the blob as it is stored, `sha256:…`. */
  digest: string
  /** Of the blob, in bytes. */
  size: number
}

/** A blob in blobs/sha256, measured. */
export interface MeasuredBlob extends LayerDescriptor {
  /** The digest of the tar archive in it, once it is decompressed. */
  diffId: string
}

/**
 * Repair. Somebody edited a manifest by hand: its `layers` may be in the wrong order, be there
 * twice or not at all, and have wrong digests and sizes. `diffIds` are the `rootfs.diff_ids` of the
 * image's config, which is whole; `blobs` are the files in blobs/sha256, in no order, some of them
 * of other images. Give the layers as they have to be.
 */
export function mendedLayers(
  layers: LayerDescriptor[],
  diffIds: string[],
  blobs: MeasuredBlob[],
): LayerDescriptor[] {
  const byDiffId = new Map(blobs.map(({ diffId, ...blob }) => [diffId, blob]))
  // Where the blob itself is lost, the old descriptor says best which one it was.
  return diffIds.flatMap((id, at) => byDiffId.get(id) ?? layers[at] ?? [])
}

/**
 * Open. Two layers as one: on top of any image, the result shows the same tree as `upper` on top of
 * `lower`. There are files, directories, symlinks, whiteouts and opaque directories, and no hard
 * links. The chapter does not say how; the spec does: OCI image-spec, layer.md, "Whiteouts".
 */
export function squashed(lower: LayerEntry[], upper: LayerEntry[]): LayerEntry[] {
  const kept = lower.filter(({ path }) => !isReplaced(path, upper))
  const hidden = upper.flatMap((entry) => (isHiding(entry, lower) ? [opaqueMarkIn(entry)] : []))
  return [...kept, ...upper, ...hidden]
}

/** Whether nothing is left of an entry of the lower layer, whose path may be a mark. */
function isReplaced(path: string, upper: LayerEntry[]): boolean {
  const subject = markedBy(path) ?? path
  return upper.some((entry) => {
    const deleted = markedBy(entry.path)
    if (deleted !== undefined) return isAtOrIn(subject, deleted)
    if (entry.path.endsWith('/.wh..wh..opq'))
      return path.startsWith(entry.path.slice(0, -'.wh..wh..opq'.length))
    if (entry.type === 'directory') return subject === entry.path
    return isAtOrIn(subject, entry.path)
  })
}

/** A directory in place of something else: what the image has under that name must stay hidden. */
function isHiding({ path, type }: LayerEntry, lower: LayerEntry[]): boolean {
  if (type !== 'directory') return false
  return lower.some((each) => {
    const isFile = each.path === path && each.type !== 'directory'
    return isFile || markedBy(each.path) === path
  })
}

function opaqueMarkIn({ path }: LayerEntry): LayerEntry {
  const none = { mode: 0, uid: 0, gid: 0, size: 0, mtimeNs: '0', target: '' }
  return { path: `${path}/.wh..wh..opq`, type: 'file', ...none, device: { major: 0, minor: 0 } }
}

/** The path that a whiteout deletes; undefined if it is none. */
function markedBy(path: string): string | undefined {
  const [, above = '', name] = /^(.*\/)?\.wh\.([^/]+)$/.exec(path) ?? []
  return name === undefined || name === '.wh..opq' ? undefined : above + name
}

function isAtOrIn(path: string, top: string): boolean {
  return path === top || path.startsWith(`${top}/`)
}
