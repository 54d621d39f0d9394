/** Archives made by hand for the tests, and read whole. */
import type { TestContext } from 'vitest'
import { encodeRecord } from '../../runtime/05-commit/tar/pax.ts'
import { readTar } from '../../runtime/05-commit/tar/read.ts'
import { tarEnd, tarHeader } from '../../runtime/05-commit/tar/write.ts'
import { checksumOf, fields, paddingOf, type Entry } from '../../runtime/05-commit/tar/tar.ts'
import { unpackLayer } from '../../runtime/05-commit/layer/unpack.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { chunksOf } from '../../test/trees.ts'

export const plain: Entry = {
  path: 'file',
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtimeNs: 1_600_000_000_000_000_000n,
  target: '',
  device: { major: 0, minor: 0 },
  xattrs: [],
}

/** An entry and its content; `before` is what comes before it. */
export type Made = Entry & { content: string; before?: Buffer }

export function made(type: Entry['type'], path: string, about: Partial<Entry>): Made {
  return { ...plain, type, path, content: '', mtimeNs: 0n, ...about }
}

export function file(path: string, content = '', about: Partial<Entry> = {}): Made {
  return { ...made('file', path, { size: content.length, ...about }), content }
}

export function directory(path: string, about: Partial<Entry> = {}): Made {
  return made('directory', path, { mode: 0o755, ...about })
}

export function symlink(path: string, target: string): Made {
  return made('symlink', path, { target })
}

export function link(path: string, target: string): Made {
  return made('hardlink', path, { target })
}

/** The entry with an extended header of this record. */
export function withRecord(key: string, value: string, entry: Made): Made {
  return { ...entry, before: extension('x', encodeRecord(key, value)) }
}

/** The archive of `entries`, as a stream. */
export async function* archiveOf(entries: Made[]): AsyncGenerator<Buffer> {
  for (const { content, before, ...entry } of entries) {
    if (before) yield before
    yield tarHeader(entry)
    yield padded(Buffer.from(content))
  }
  yield tarEnd
}

/** A fresh directory with these entries unpacked in it. */
export async function unpacked(context: TestContext, entries: Made[]): Promise<string> {
  needs(context, 'root')
  const dir = scratch()
  await unpackLayer(archiveOf(entries), dir)
  return dir
}

/** An entry that says something of the next. */
export function extension(flag: string, text: string): Buffer {
  const content = Buffer.from(text, 'latin1')
  const header = sealed(tarHeader({ ...plain, size: content.length }), (block) =>
    block.write(flag, fields.typeflag[0]),
  )
  return Buffer.concat([header, padded(content)])
}

/** The header in `bytes` at `at`, changed, with a checksum that is right. */
export function sealed(bytes: Buffer, change: (block: Buffer) => unknown, at = 0): Buffer {
  const copy = Buffer.from(bytes)
  const block = copy.subarray(at, at + 512)
  change(block)
  block.write(`${checksumOf(block).toString(8).padStart(6, '0')}\0 `, fields.checksum[0])
  return copy
}

export function padded(content: Buffer): Buffer {
  return Buffer.concat([content], content.length + paddingOf(content.length))
}

export type Read = Entry & { data: [offset: number, text: string][] }

export function read(...parts: Buffer[]): Promise<Read[]> {
  return all(chunksOf(Buffer.concat(parts)))
}

/** The entries of an archive, with pieces of content that follow each other as one. */
export async function all(chunks: AsyncIterable<Uint8Array>): Promise<Read[]> {
  const entries: Read[] = []
  for await (const { content, whole: _, ...entry } of readTar(chunks)) {
    const data: Read['data'] = []
    for await (const piece of content) {
      const last = data.at(-1)
      const text = piece.data.toString('latin1')
      if (last && last[0] + last[1].length === piece.offset) last[1] += text
      else data.push([piece.offset, text])
    }
    entries.push({ ...entry, data })
  }
  return entries
}
