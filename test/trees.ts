/** Tests. A tree with one of everything, what a tree consists of, changes on an overlay. */
import { createHash } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { onTestFinished } from 'vitest'
import { batches } from '../runtime/04-overlay/batches.ts'
import { fromBytes, toBytes } from '../runtime/bytes.ts'
import { closeInherited, privateMounts } from '../runtime/01-namespaces/namespaces.ts'
import { perform } from '../runtime/native.ts'
import { overlay } from '../runtime/04-overlay/overlay.ts'
import type { Call } from '../runtime/calls.ts'
import { stackIn, type Stack } from '../runtime/04-overlay/stack.ts'
import { carryOut, steps } from './carry-out.ts'
import { scratch } from './scratch.ts'

/** A capability as the kernel keeps it: VFS_CAP_REVISION_2, effective, CAP_NET_RAW permitted. */
const netRaw = Buffer.from('0100000200200000000000000000000000000000', 'hex')

/** Fill `dir` with one of everything that a layer must keep. Needs root. */
export async function everything(dir: string): Promise<void> {
  const at = (name: string) => `${dir}/${name}`
  const long = `${'long'.repeat(25)}/`
  for (const name of ['d', 'd/setgid', 'd/sticky', `d/${long}${long}${long}`])
    mkdirSync(at(name), { recursive: true })
  for (const name of ['plain', 'setuid', 'capable', 'marked', 'd/first', 'a name\n with "all" \\'])
    writeFileSync(at(name), `${name}\n`)
  writeFileSync(at('large'), Buffer.alloc(700_001, 'large '))
  writeFileSync(at('empty'), '')
  writeFileSync(at(`d/${long}${long}${long}file`), 'far down\n')
  writeFileSync(at('n'.repeat(100)), 'a hundred bytes\n')
  writeFileSync(at('n'.repeat(101)), 'one more\n')
  writeFileSync(at('日本語-ünï'), 'utf-8\n')
  writeFileSync(toBytes(at('\udcff\udcfe latin \udce9')), 'bytes\n')
  await perform(
    steps(
      ['link', at('d/first'), at('d/second')],
      ['link', at('d/first'), at('third')],
      ['symlink', '../nowhere', at('link')],
      ['symlink', 't'.repeat(300), at('d/long-link')],
      ['link', at('link'), at('link to the link')],
      ['mknod', at('fifo'), 'S_IFIFO', 0o640, 0, 0],
      ['mknod', at('null'), 'S_IFCHR', 0o666, 1, 3],
      ['mknod', at('large numbers'), 'S_IFCHR', 0o600, 4095, 1_048_575],
      ['mknod', at('block'), 'S_IFBLK', 0o660, 259, 300],
      ...holed(
        at('holes'),
        [
          ['begin', 0],
          ['middle', 5_000_000],
        ],
        9_000_001,
      ),
      ...holed(at('nothing but a hole'), [], 1_000_000),
      ['lchown', at('d'), 1000, 2000],
      ['lchown', at('link'), 3000, 4000],
      ['lchown', at('plain'), 2_097_152, 4_294_967_294],
      ['lchown', at('setuid'), 65534, 65534],
      ['chmod', at('setuid'), 0o6755],
      ['chmod', at('d'), 0o2750],
      ['chmod', at('d/setgid'), 0o2775],
      ['chmod', at('d/sticky'), 0o1777],
      ['chmod', at('empty'), 0],
      ['lsetxattr', at('capable'), 'security.capability', netRaw],
      ['lsetxattr', at('marked'), 'user.binary', Buffer.from([0, 255, 10, 61, 0])],
      ['lsetxattr', at('marked'), 'user.empty', Buffer.alloc(0)],
      ['lsetxattr', at('marked'), 'user.a=b%3D', Buffer.from('=')],
      ['lsetxattr', at('d'), 'trusted.mine', Buffer.from('of a directory')],
      ['lsetxattr', at('d/sticky'), 'system.posix_acl_default', acl],
      ['lsetxattr', at('link'), 'trusted.of-a-link', Buffer.from('1')],
      ['utimensat', at('plain'), 1_234_567_890n, 123_456_789],
      ['utimensat', at('empty'), -2n, 500_000_000],
      ['utimensat', at('fifo'), 0n, 0],
      ['utimensat', at('link'), 4_102_444_800n, 1],
      ['utimensat', at('d/sticky'), 0n, 999_999_999],
      ['utimensat', at('d'), 1_000_000_000n, 0],
    ),
  )
}

/** user::rwx, user:1000:rwx, group::r-x, mask::rwx, other::r-x (acl(5)). */
const acl = Buffer.from(
  '0200000001000700ffffffff02000700e803000004000500ffffffff10000700ffffffff20000500ffffffff',
  'hex',
)

/** A file with data at some places only. */
export function holed(path: string, data: [text: string, offset: number][], size: number): Call[] {
  return [
    ['open', path, ['O_WRONLY', 'O_CREAT', 'O_CLOEXEC'], 0o644],
    ...data.map(([text, offset]): Call => ['pwrite', 4, Buffer.from(text), offset]),
    ['ftruncate', 4, size],
    ['close', 4],
  ]
}

/** One line for each name under `dir` that says all there is to say of it; of `dir` itself too. */
export async function facts(dir: string): Promise<string[]> {
  const program = batches([])
  const names = ['.', ...walk(dir, '')]
  const first = new Map<bigint, string>()
  const lines = await Promise.all(
    names.map(async (name) => {
      const stat = lstatSync(toBytes(`${dir}/${name}`), { bigint: true })
      const same = stat.isDirectory() ? name : (first.get(stat.ino) ?? name)
      first.set(stat.ino, same)
      const { mode, uid, gid, mtimeNs, rdev, size } = stat
      const kind = [mode.toString(8), uid, gid, mtimeNs, stat.isDirectory() ? 0 : size, rdev]
      const ask = async (...calls: Call[]) =>
        Buffer.concat((await program.make(steps(...calls))).map(({ answer }) => answer))
      const path = `${dir}/${name}`
      const attributes = (await ask(['llistxattr', path])).toString('latin1').split('\0').sort()
      const xattrs = attributes.filter(Boolean).map(async (key) => {
        const value = await ask(['lgetxattr', path, fromBytes(Buffer.from(key, 'latin1'))])
        return `${key}=${value.toString('hex')}`
      })
      const extents = stat.isFile() ? (await ask(['seek_data', path])).toString('hex') : ''
      const rest = [...(await Promise.all(xattrs)), contentOf(path, stat), extents]
      const parts = [JSON.stringify(name), ...kind, same === name ? '' : same, ...rest]
      return parts.filter((part) => part !== '').join(' ')
    }),
  )
  await program.end()
  return lines
}

function contentOf(path: string, stat: BigIntStats): string {
  if (stat.isSymbolicLink()) return `-> ${readlinkSync(toBytes(path), 'latin1')}`
  return stat.isFile() ? sha256(readFileSync(toBytes(path))) : ''
}

function walk(dir: string, below: string): string[] {
  const names = readdirSync(toBytes(`${dir}/${below}`), { encoding: 'buffer', withFileTypes: true })
  return names
    .sort((a, b) => Buffer.compare(a.name, b.name))
    .flatMap((entry) => {
      const path = `${below}${fromBytes(entry.name)}`
      return [path, ...(entry.isDirectory() ? walk(dir, `${path}/`) : [])]
    })
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** All of a stream. */
export async function gathered(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

/** `bytes` as a stream, in chunks that do not end where anything in it ends. */
export async function* chunksOf(bytes: Uint8Array, size = 70_001): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** A fresh container's directory on `layers` layers, all empty, as init-layer.ts lays it out. */
export function layOutEmpty(layers: number): { dir: string; stack: Stack } {
  const dir = scratch()
  const lowers = Array.from({ length: layers }, (_, at) => `lower${at}`)
  for (const name of ['upper', 'work', 'merged', 'init', ...lowers]) mkdirSync(`${dir}/${name}`)
  return { dir, stack: stackIn(dir) }
}

/** Make `depth` directories in `dir`, each in the one before; rm(1) may not get that deep. */
export async function deepTree(dir: string, name: string, depth: number): Promise<void> {
  const each = (...calls: Call[]) => Array.from({ length: depth }, () => calls).flat()
  const begin: Call = ['chdir', dir]
  const make = async (...calls: Call[]) => {
    const program = batches([])
    await program.make(steps(begin, ...calls))
    await program.end()
  }
  await make(...each(['mkdir', name, 0o755], ['chdir', name]))
  onTestFinished(() => make(...each(['chdir', name]), ...each(['chdir', '..'], ['rmdir', name])))
}

/** Run a shell script in the merged directory of a real overlay, which nobody else sees mounted. */
export async function change(dir: string, script: string): Promise<void> {
  const { lowers } = stackIn(dir)
  const { exitCode, failure, err } = await carryOut([
    ...closeInherited(),
    ...steps(['unshare', ['CLONE_NEWNS']]),
    ...privateMounts(),
    ...overlay(['init', ...lowers.map((_, at) => `lower${at}`)], dir),
    ...steps(['chdir', 'merged'], ['execvpe', 'sh', ['sh', '-ec', script], [path]]),
  ])
  if (exitCode !== 0) throw new Error(`exit ${exitCode}: ${failure?.errno ?? err}`)
}

const path = `PATH=${process.env['PATH'] ?? ''}`
