/** Virtual machine. What is kept for the next start, by content: kernels, initramfs, disks. */
import {
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

/** `STEPBOX_CACHE`, else /var/cache/stepbox for root and the user's cache directory for others. */
export function cacheDir(): string {
  if (process.env.STEPBOX_CACHE) return resolve(process.env.STEPBOX_CACHE)
  if (process.geteuid?.() === 0) return '/var/cache/stepbox'
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'stepbox')
}

/**
 * The path of `name` in the cache, made by `make` when it is not there: it gets a path to write
 * to, which is put in place when it is done. The `most` youngest of a `kind` are kept, by the time
 * of their last use.
 */
export async function cached(
  kind: string,
  name: string,
  make: (path: string) => void | Promise<void>,
  most = 2,
): Promise<string> {
  const dir = join(cacheDir(), kind)
  const path = join(dir, name)
  if (!existsSync(path)) {
    mkdirSync(dir, { recursive: true, mode: 0o755 })
    const staged = join(dir, `.new-${process.pid}-${count++}-${name}`)
    try {
      await make(staged)
      put(staged, path)
    } finally {
      rmSync(staged, { recursive: true, force: true })
    }
  }
  utimesSync(path, new Date(), new Date())
  prune(dir, most)
  return path
}

let count = 0

/** Another process may have made the same meanwhile: it is the same. */
function put(staged: string, path: string): void {
  try {
    renameSync(staged, path)
  } catch (error) {
    if (!existsSync(path)) throw error
  }
}

/** What was used longest ago goes, and what a killed process had begun more than an hour ago. */
function prune(dir: string, most: number): void {
  const all = readdirSync(dir).map((name) => ({
    path: join(dir, name),
    name,
    ms: ageOf(dir, name),
  }))
  const whole = all.filter(({ name }) => !name.startsWith('.')).sort((a, b) => a.ms - b.ms)
  const begun = all.filter(({ name, ms }) => name.startsWith('.') && ms > 3_600_000)
  for (const { path } of [...whole.slice(most), ...begun])
    rmSync(path, { recursive: true, force: true })
}

function ageOf(dir: string, name: string): number {
  const found = statSync(join(dir, name), { throwIfNoEntry: false })
  return found ? Date.now() - found.mtimeMs : 0
}

/** Bytes on the disk, of a file or of all files in a directory. */
export function sizeOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return 0
  if (!found.isDirectory()) return found.blocks * 512
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}
