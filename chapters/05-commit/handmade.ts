/** Images made by hand for the tests: right to the byte, or wrong in one place. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { mediaTypes, nameAnnotation, type Descriptor } from '../../runtime/05-commit/store/oci.ts'
import { tarEnd, tarHeader } from '../../runtime/05-commit/tar/write.ts'
import { paddingOf } from '../../runtime/05-commit/tar/tar.ts'
import { scratch } from '../../test/scratch.ts'

/** A tar of `files`: the content by path; a path that ends in `/` is a directory. */
export function tarOf(files: Record<string, string>): Buffer {
  const parts = Object.entries(files).flatMap(([path, text]) => {
    const content = Buffer.from(text)
    const isDirectory = path.endsWith('/')
    const header = tarHeader({
      path: path.replace(/\/$/, ''),
      type: isDirectory ? 'directory' : 'file',
      mode: isDirectory ? 0o755 : 0o644,
      uid: 0,
      gid: 0,
      size: content.length,
      mtimeNs: 0n,
      target: '',
      device: { major: 0, minor: 0 },
      xattrs: [],
    })
    return [header, content, Buffer.alloc(paddingOf(content.length))]
  })
  return Buffer.concat([...parts, tarEnd])
}

export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Write a blob, of whatever content. */
export function putBlob(root: string, mediaType: string, content: Buffer | object): Descriptor {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))
  const descriptor = { mediaType, digest: sha256(bytes), size: bytes.length }
  mkdirSync(join(root, 'blobs/sha256'), { recursive: true })
  writeFileSync(blobFile(root, descriptor.digest), bytes)
  return descriptor
}

export function blobFile(root: string, digest: string): string {
  return join(root, 'blobs/sha256', digest.slice(7))
}

export interface Parts {
  /** Tars, bottom first. */
  tars: Buffer[]
  /** Changes to the documents, made before they are written. */
  config?: object
  manifest?: object
  layer?: Partial<Descriptor>
  /** What is stored in place of the gzipped tar. */
  compress?: (tar: Buffer) => Buffer
}

/** Write an image. Gives its descriptor, which an index needs: `putIndex`. */
export function putImage(root: string, { tars, compress = gzipSync, ...wrong }: Parts): Descriptor {
  const layers = tars.map((tar) => ({
    ...putBlob(root, mediaTypes.gzipLayer, compress(tar)),
    ...wrong.layer,
  }))
  const config = putBlob(root, mediaTypes.config, {
    created: '2020-01-01T00:00:00Z',
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['sh'] },
    rootfs: { type: 'layers', diff_ids: tars.map(sha256) },
    history: tars.map((_, at) => ({ created: '2020-01-01T00:00:00Z', created_by: `step ${at}` })),
    ...wrong.config,
  })
  const mediaType = mediaTypes.manifest
  const manifest = { schemaVersion: 2, mediaType, config, layers, ...wrong.manifest }
  return putBlob(root, mediaType, manifest)
}

/** Write oci-layout and index.json, with the images by name. */
export function putIndex(root: string, images: Record<string, Descriptor>, wrong = {}): void {
  const manifests = Object.entries(images).map(([name, descriptor]) => ({
    ...descriptor,
    annotations: { [nameAnnotation]: name },
  }))
  writeFileSync(join(root, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const index = { schemaVersion: 2, manifests, ...wrong }
  writeFileSync(join(root, 'index.json'), JSON.stringify(index))
}

/** A fresh root with one image, `app:v1`. */
export function rootWith(parts: Parts): string {
  const root = scratch()
  putIndex(root, { 'app:v1': putImage(root, parts) })
  return root
}
