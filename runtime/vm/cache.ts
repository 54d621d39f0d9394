/** The cache of what machines are made of: kernels, initramfs archives, disks. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { checkout } from '../checkout.ts'

/** `STEPBOX_CACHE`, else /var/cache/stepbox for root and the user's cache directory for others. */
export function cacheDir(): string {
  if (process.env.STEPBOX_CACHE) return resolve(process.env.STEPBOX_CACHE)
  if (process.geteuid?.() === 0) return '/var/cache/stepbox'
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'stepbox')
}

/** How many of each kind are kept. */
const keptOfKind = { kernels: 4, initramfs: 3, disks: 2, qemu: 2 }

/**
 * The path of `name`: that of an archive for a class, if set-up was packed with one (dist/cache in
 * the checkout; it may be shared and read-only), or in the user's cache. If it is missing, `make`
 * writes it to the path that it is given, and it is renamed into place. Of each kind, the most
 * recently used ones are kept.
 */
export async function cached(
  kind: keyof typeof keptOfKind,
  name: string,
  make: (path: string) => void | Promise<void>,
): Promise<string> {
  const packed = join(checkout, 'dist/cache', kind, name)
  if (isReadable(packed)) return packed
  const dir = join(cacheDir(), kind)
  const path = join(dir, name)
  if (!existsSync(path)) {
    mkdirSync(dir, { recursive: true, mode: 0o755 })
    const staged = join(dir, `.new-${process.pid}-${stagedCount++}-${name}`)
    try {
      await make(staged)
      put(staged, path)
    } finally {
      rmSync(staged, { recursive: true, force: true })
    }
  }
  utimesSync(path, new Date(), new Date())
  prune(dir, keptOfKind[kind])
  return path
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false // ignoring: it is made in the user's own cache
  }
}

let stagedCount = 0

/** Rename; if another process has made the same file meanwhile, that one stays. */
function put(staged: string, path: string): void {
  try {
    renameSync(staged, path)
  } catch (error) {
    if (!existsSync(path)) throw error
  }
}

/** Remove all but the last used, and staged files older than an hour, left by killed processes. */
function prune(dir: string, most: number): void {
  const all = readdirSync(dir).map((name) => ({
    path: join(dir, name),
    name,
    ms: ageOf(dir, name),
  }))
  const whole = all.filter(({ name }) => !name.startsWith('.')).sort((a, b) => a.ms - b.ms)
  const abandoned = all.filter(({ name, ms }) => name.startsWith('.') && ms > 3_600_000)
  for (const { path } of [...whole.slice(most), ...abandoned])
    rmSync(path, { recursive: true, force: true })
}

function ageOf(dir: string, name: string): number {
  const found = statSync(join(dir, name), { throwIfNoEntry: false })
  return found ? Date.now() - found.mtimeMs : 0
}

/** Bytes on disk of a file, or of all files in a directory. */
export function sizeOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return 0
  if (!found.isDirectory()) return found.blocks * 512
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}
