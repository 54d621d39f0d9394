/**
 * Events: what happens to containers, images and volumes, in one file of the data root, a line of
 * JSON each:
 *
 *     {"time":"1764375600.123000000","id":"…","action":"die","attributes":{"exitCode":"0"}, …}
 *
 * Commands append to it, and so do monitors (native/06-lifecycle.c). Each line is one write(2) with
 * O_APPEND, so that lines of several processes do not mix (open(2)). `actor` is what is known of
 * the container by then: its labels, its image, its name. A monitor does not know these, and leaves
 * that field out.
 */
import { appendFileSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Happening, Lent } from '../chapter.ts'
import { makePlace } from '../data-root.ts'
import { renameIfThere } from '../files.ts'
import type { Container } from '../options.ts'

const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW } = constants
const flag = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW

export function eventsPath(root: string): string {
  return join(root, 'events')
}

/** A line of the file, taken apart. */
export interface EventLine {
  /** Seconds since 1970, with nine digits after the point. */
  time: string
  /** Of a container, the digest of an image, or a name. Empty if it was about several. */
  id: string
  action: string
  /** `container` without it. */
  type?: string
  actor?: Record<string, string>
  /** What the container is given at each start: a monitor does not know that either. */
  lent?: Lent[]
  attributes?: Record<string, string>
}

/** Append an event. One that cannot be written is lost: nothing is kept from happening by that. */
export function recordEvent(root: string, event: Happening): void {
  const { action, container } = event
  const isOutOfMemory = action === 'die' && container?.oomKilled === true
  const before = { ...event, action: 'oom', attributes: {} } // Docker's order
  const lines = (isOutOfMemory ? [before, event] : [event]).map(lineOf)
  const text = lines.map((each) => `${JSON.stringify(each)}\n`).join('')
  try {
    appendFileSync(eventsPath(root), text, { flag: flag as unknown as string, mode: 0o600 })
  } catch {
    // ignoring, as said above: the disk is full
  }
}

function lineOf(event: Happening): EventLine {
  const { action, container, image, thing, lent, attributes } = event
  const now = Date.now()
  const time = `${Math.floor(now / 1000)}.${String(now % 1000).padStart(3, '0')}000000`
  const more = Object.keys(attributes).length > 0 ? { attributes } : {}
  if (image) {
    const { id, name } = image
    return { time, id, action, type: 'image', actor: name === '' ? {} : { name }, ...more }
  }
  const given = lent ? { lent } : {}
  if (thing) return { time, id: thing.id, action, type: thing.type, actor: {}, ...given, ...more }
  if (!container) return { time, id: '', action, ...more }
  const actor = actorOf(container)
  return { time, id: container.id, action, actor, ...given, ...more }
}

/** What Docker calls the attributes of an actor. */
export function actorOf({ config, image, name }: Container): Record<string, string> {
  return { ...config?.Labels, image: image?.name ?? '', name }
}

/** About 3000 events. What is older is in a second file, and what is older still is forgotten. */
const mostBytes = 2 ** 20

/** Begin a new file when this one is large. One that is open goes on as `events.1`. */
export async function rotateEvents(root: string): Promise<void> {
  const path = eventsPath(root)
  const isLarge = () => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > mostBytes
  if (!isLarge()) return
  const { withLock } = await import('../05-commit/store/lock.ts')
  await withLock(makePlace(root, 'running'), () => {
    if (isLarge()) renameIfThere(path, `${path}.1`)
  })
}
