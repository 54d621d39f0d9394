/** The host's side of a bind mount: it is there, and passes on what is mounted in it. */
import { mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fromBytes, toBytes } from '../bytes.ts'
import { errnoIn } from '../files.ts'
import { parseMountinfo, visibleMounts, type Mount } from '../mountinfo.ts'
import type { AskedBind } from './mounts.ts'

/** As Docker does: what `-v` names is made, and what `--mount` names has to be there. */
export function makeSource({ source, from }: AskedBind): void {
  const path = toBytes(source)
  try {
    if (statSync(path, { throwIfNoEntry: false })) return
    if (from !== 'mount') return void mkdirSync(path, { recursive: true, mode: 0o755 })
  } catch (cause) {
    const words = inGo[errnoIn(cause) ?? ''] ?? (cause as Error).message
    if (from === 'mount')
      throw new Error(`invalid mount config for type "bind": stat ${source}: ${words}`, { cause })
    throw new Error(
      `error while creating mount source path '${source}': mkdir ${source}: ${words}`,
      { cause },
    )
  }
  throw new Error(
    `invalid mount config for type "bind": bind source path does not exist: ${source}`,
  )
}

/** Docker's words, of which those of mkdir(2) say what is there instead. */
const inGo: Record<string, string> = {
  EEXIST: 'file exists',
  ENOENT: 'file exists',
  ENOTDIR: 'not a directory',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
  EACCES: 'permission denied',
}

/** Throws if mounts made in `source` could not be passed on as `propagation` says. */
export function checkPropagation({ source, propagation = 'rprivate' }: AskedBind): void {
  const [wants = ''] = /shared$|slave$/.exec(propagation) ?? []
  if (wants === '') return
  const mount = mountOf(fromBytes(realpathSync(toBytes(source), 'buffer')))
  const isShared = /\bshared:/.test(mount?.propagation ?? '')
  const isSlave = /\bmaster:/.test(mount?.propagation ?? '')
  if (isShared || (isSlave && wants === 'slave')) return
  const { target = '/' } = mount ?? {}
  const missing = wants === 'shared' ? 'a shared mount' : 'a shared or slave mount'
  throw new Error(`path ${source} is mounted on ${target} but it is not ${missing}`)
}

/** The mount that `path` is on. */
function mountOf(path: string): Mount | undefined {
  const mounts = visibleMounts(parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')))
  for (let at = path; ; at = dirname(at)) {
    const found = mounts.find(({ target }) => target === at)
    if (found || at === '/') return found
  }
}
