/** Finds all blobs and layers that entries of index.json lead to, images or not. */
import { lstatSync } from 'node:fs'
import { blobPath, readBlob } from './blobs.ts'
import { hexOf, isDigest } from './digest.ts'
import { kindOf } from './media-types.ts'
import type { Descriptor } from './oci.ts'
import { object } from './parse.ts'

/** What entries lead to, by hexadecimal digits. */
export interface Reach {
  blobs: Set<string>
  layers: Set<string>
  /** The digits of what a document is about (`subject`): the image that was signed. */
  subjects: Set<string>
  /** False if a document is there and cannot be read: what it leads to is not known. */
  isWhole: boolean
}

/** A descriptor that was found, and what it is in the document that has it. */
type Found = [role: 'document' | 'config' | 'blob', descriptor: unknown]

/**
 * Follow `entries` through indexes, manifests and configs, for every platform. Documents need not
 * pass the checks for images: what an unknown kind of artifact leads to is needed, too. A missing
 * blob leads nowhere: a layout may hold one part of a larger index.
 */
export function reachOf(root: string, entries: Descriptor[]): Reach {
  const reach: Reach = { blobs: new Set(), layers: new Set(), subjects: new Set(), isWhole: true }
  const seen = new Set<string>()
  const found: Found[] = entries.map((entry) => ['document', entry])
  for (let next = found.pop(); next; next = found.pop()) {
    const [role, value] = next
    const { digest, mediaType } = (value ?? {}) as Partial<Descriptor>
    if (!isDigest(digest)) continue // it leads to no file of ours
    reach.blobs.add(hexOf(digest))
    if (role === 'blob' || seen.has(role + digest)) continue
    seen.add(role + digest)
    const document = documentAt(root, digest)
    if (document === 'changed') reach.isWhole &&= role === 'config' || !kindOf(mediaType)
    else if (role === 'config') addLayers(reach, document)
    else found.push(...referredTo(document, reach))
  }
  return reach
}

/**
 * A document by its digest, whatever size its descriptor says; empty if it is missing or is none.
 */
function documentAt(root: string, digest: string): Record<string, unknown> | 'changed' {
  const stat = lstatSync(blobPath(root, digest), { throwIfNoEntry: false })
  if (!stat) return {}
  let text = ''
  try {
    text = readBlob(root, { mediaType: '', digest, size: stat.size })
  } catch {
    return 'changed' // ignoring how
  }
  try {
    return object(text)
  } catch {
    return {} // ignoring: it is what its digest says, and that leads nowhere
  }
}

/** What an index, a manifest, or an artifact's manifest of whatever kind refers to. */
function referredTo(document: Record<string, unknown>, reach: Reach): Found[] {
  const { manifests, config, layers, blobs, subject } = document
  const about = (subject as Partial<Descriptor> | null)?.digest
  if (isDigest(about)) reach.subjects.add(hexOf(about))
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
  return [
    ...list(manifests).map((each): Found => ['document', each]),
    ['config', config],
    ...[...list(layers), ...list(blobs)].map((each): Found => ['blob', each]),
  ]
}

function addLayers({ layers }: Reach, config: Record<string, unknown>): void {
  const { diff_ids } = (config['rootfs'] ?? {}) as { diff_ids?: unknown }
  for (const diffId of Array.isArray(diff_ids) ? diff_ids : [])
    if (isDigest(diffId)) layers.add(hexOf(diffId))
}
