/** Tests. What a directory tree holds, as one digest. */
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Names, kinds, modes, owners and contents of all that is in `dir`. */
export function fingerprint(dir: string): string {
  const hash = createHash('sha256')
  const walk = (path: string, name: string): void => {
    const stat = lstatSync(path)
    const { mode, uid, gid, rdev } = stat
    hash.update(`${name}\0${mode} ${uid} ${gid} ${rdev}\0`)
    if (stat.isSymbolicLink()) hash.update(readlinkSync(path))
    else if (stat.isFile()) hash.update(readFileSync(path))
    else if (stat.isDirectory())
      for (const each of readdirSync(path).sort()) walk(join(path, each), `${name}/${each}`)
  }
  walk(dir, '')
  return hash.digest('hex')
}
