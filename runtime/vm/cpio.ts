/** Writes cpio archives (format newc), which a kernel unpacks as its first root file system. */
import type { RootFile } from '../03-pivot-root/busybox.ts'

/** A file of an initramfs. It belongs to root, and its times are 0. */
export type RamFile = RootFile | { path: string; type: 'character'; major: number; minor: number }

/**
 * The archive, in pieces (Documentation/driver-api/early-userspace/buffer-format.rst): for each
 * file a header of 13 hexadecimal numbers, the name and the content, each padded to 4 bytes. Paths
 * are relative; missing parent directories are added. The same files give the same bytes.
 */
export function* cpio(files: RamFile[]): Generator<Uint8Array> {
  let inode = 1
  for (const file of withParents(files)) yield* entry(file.path, file, inode++)
  yield* entry('TRAILER!!!', undefined, 0)
}

function* entry(path: string, file: RamFile | undefined, inode: number): Generator<Uint8Array> {
  const name = Buffer.from(`${path}\0`)
  const content = contentOf(file)
  const device = file?.type === 'character' ? [file.major, file.minor] : [0, 0]
  const links = file?.type === 'directory' ? 2 : 1
  const numbers = [inode, modeOf(file), 0, 0, links, 0, content.length, 0, 0, ...device]
  const fields = [...numbers, name.length, 0].map((each) => each.toString(16).padStart(8, '0'))
  yield padded(Buffer.concat([Buffer.from(`070701${fields.join('')}`), name]))
  yield content
  yield Buffer.alloc(-content.length & 3)
}

function contentOf(file: RamFile | undefined): Uint8Array {
  if (file?.type === 'file') return file.content
  return Buffer.from(file?.type === 'symlink' ? file.target : '')
}

function modeOf(file: RamFile | undefined): number {
  if (!file) return 0
  if (file.type === 'file') return 0o100000 | file.mode
  if (file.type === 'directory') return 0o40000 | file.mode
  return file.type === 'symlink' ? 0o120777 : 0o20600
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
}

function withParents(files: RamFile[]): RamFile[] {
  const all = new Map<string, RamFile>()
  for (const file of files) {
    const names = file.path.split('/')
    for (let depth = 1; depth < names.length; depth++) {
      const path = names.slice(0, depth).join('/')
      if (!all.has(path)) all.set(path, { path, type: 'directory', mode: 0o755 })
    }
    all.set(file.path, file)
  }
  return [...all.values()]
}
