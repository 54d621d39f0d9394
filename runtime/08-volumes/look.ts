/** What x-ray shows of a container's mounts: where they lead on the host, and where they are. */
import type { XRayRow } from '../chapter-tools.ts'
import { tryRead } from '../files.ts'
import { parseMountinfo } from '../mountinfo.ts'
import type { Container } from '../options.ts'

/** A row for each mount that it was given. That it is there, its own mount table says. */
export function mountRows({ mounts = [], init }: Container): XRayRow[] {
  const table = parseMountinfo(tryRead(`/proc/${init?.pid ?? 0}/mountinfo`) ?? '')
  return mounts.map((mount) => {
    const { type, target } = mount
    const host = mount.type === 'tmpfs' ? 'memory' : (mount.source ?? '')
    const found = table.findLast((each) => each.target === target)
    const isReadOnly = found?.options.split(',').includes('ro') ?? false
    const place = isReadOnly ? `${target}, read-only` : target
    return { name: type, host, container: found ? place : `nothing on ${target}` }
  })
}
