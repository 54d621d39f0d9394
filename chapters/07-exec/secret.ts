/** Tests. What only the host has: whether a copy has read it, or written over it. */
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export const secret = 'of the host'

/** Whether the directory of the host is as it was: nothing was written there. */
export function isUntouched(host: string): boolean {
  const isSame = readFileSync(join(host, 'secret'), 'utf8') === secret
  const { mode, uid } = statSync(host)
  return isSame && readdirSync(host).join() === 'secret' && (mode & 0o7777) === 0o755 && uid === 0
}

/**
 * Whether a file below `path`, or `path` as a file, has what only the host has. A link that was
 * copied as a link has nothing, wherever it leads.
 */
export function hasSecret(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat?.isFile()) return readFileSync(path, 'utf8').includes(secret)
  if (!stat?.isDirectory()) return false
  return readdirSync(path).some((name) => hasSecret(join(path, name)))
}
