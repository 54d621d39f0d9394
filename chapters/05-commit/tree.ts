/** A directory tree as lines, for the tests: all that an image must keep. */
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync, type BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { perform } from '../../runtime/native.ts'
import { stepOf } from '../../runtime/step.ts'

const step = stepOf(5)

/**
 * A line for each name under `dir`, sorted: mode, owner, time to the nanosecond, device, target or
 * content, the first name of the same file, extended attributes. Not for `dir` itself.
 */
export async function tree(dir: string): Promise<string[]> {
  const paths = readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()
  const stats = paths.map((path) => lstatSync(join(dir, path), { bigint: true }))
  const xattrs = await xattrsOf(dir, paths)
  const first = new Map<bigint, string>()
  return paths.map((path, at) => {
    const stat = stats[at] as BigIntStats
    const isLink = !stat.isDirectory() && stat.nlink > 1n
    const link = isLink ? first.get(stat.ino) : undefined
    if (isLink && link === undefined) first.set(stat.ino, path)
    const { mode, uid, gid, mtimeNs, rdev } = stat
    return [
      path,
      mode.toString(8),
      `${uid}:${gid}`,
      mtimeNs,
      stat.isCharacterDevice() || stat.isBlockDevice() ? rdev : '',
      contentOf(join(dir, path), stat),
      link ? `same file as ${link}` : '',
      xattrs.get(path) ?? '',
    ].join(' ')
  })
}

function contentOf(path: string, stat: BigIntStats): string {
  if (stat.isSymbolicLink()) return `-> ${readlinkSync(path)}`
  if (!stat.isFile()) return ''
  return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16)
}

/** `name=hex` of every extended attribute that is not overlayfs's own, by path. */
async function xattrsOf(dir: string, paths: string[]): Promise<Map<string, string>> {
  const lists = await perform(paths.map((path) => step(['llistxattr', join(dir, path)], 'test')))
  const asked = paths.flatMap((path, at) =>
    (lists[at]?.answer.toString('latin1').split('\0') ?? [])
      .filter((name) => name !== '' && !name.startsWith('trusted.overlay.'))
      .sort()
      .map((name) => ({ path, name })),
  )
  const values = await perform(
    asked.map(({ path, name }) => step(['lgetxattr', join(dir, path), name], 'test')),
  )
  const all = new Map<string, string>()
  for (const [at, { path, name }] of asked.entries())
    all.set(path, `${all.get(path) ?? ''}${name}=${values[at]?.answer.toString('hex')} `)
  return all
}
