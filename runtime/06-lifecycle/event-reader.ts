/** Events, read: those that were, and those that come. */
import type { Lent } from '../chapter.ts'
import { stateOf } from '../container/find.ts'
import { actorOf, eventsPath, type EventLine } from './events.ts'
import { watchFor } from './logs/container-log.ts'
import { closeFiles, newerThan, openFiles, type OpenFile } from './logs/files.ts'
import { blocksOf, linesOf } from './logs/lines.ts'
import { recordTimeNow } from './logs/times.ts'

/** Something that has happened, in Docker's words. */
export interface LifeEvent {
  /** `container`, `image`, or what else it was about. */
  type: string
  action: string
  id: string
  /** By their names. */
  attributes: Record<string, string>
  /** In UTC, with nine digits after the point: later times are greater strings. */
  time: string
  nanoseconds: bigint
}

/** Bounds, each a time as events have it. */
export interface Period {
  /** With neither of the two, only what comes from now on. */
  since?: string
  /** Without it, there is no end. */
  until?: string
}

/** The events of a period, some at a time, as they come. Ends when the period has. */
export async function* eventsOf(
  root: string,
  { since, until }: Period,
): AsyncGenerator<LifeEvent[]> {
  const path = eventsPath(root)
  const know = knowledge(root)
  const files: OpenFile[] = openFiles(path)
  const begin = since ?? (until === undefined ? recordTimeNow() : '')
  let isNews = since !== undefined || until !== undefined
  const notices = watchFor(root)
  let at = 0
  try {
    for (;;) {
      const isOver = until !== undefined && recordTimeNow() > until // before the last look
      for (let file = files[0]; file; file = files[0]) {
        for (const block of blocksOf(file.fd, at, Infinity)) {
          at = block.end
          const all = [...linesOf(block)].flatMap(know)
          const isWanted = ({ time }: LifeEvent) =>
            time >= begin && (until === undefined || time <= until)
          const found = isNews ? all.filter(isWanted) : []
          if (found.length > 0) yield found
        }
        if (files.length === 1) break
        closeFiles(files.splice(0, 1))
        at = 0
      }
      isNews = true
      const { files: newer } = newerThan(files[0], path)
      files.push(...newer)
      if (newer.length > 0) continue // and there may be more in the file before them
      if (isOver) return
      await notices.change()
    }
  } finally {
    notices.stop()
    closeFiles(files)
  }
}

/** What is known of a container from the lines so far. */
interface Known {
  actor: Record<string, string>
  runs?: boolean
  lent?: Lent[]
}

/**
 * Makes events of lines, which have to come in order: what a monitor does not know of its container
 * is in the lines before. Several commands may find the same container dead: the first one counts.
 */
function knowledge(root: string): (line: Buffer) => LifeEvent[] {
  const all = new Map<string, Known>()
  return (text) => {
    const line = lineIn(text)
    if (!line) return []
    const { id, action, type = 'container', attributes } = line
    const known = all.get(id) ?? { actor: {} }
    const actor = line.actor ?? (all.has(id) ? known.actor : onRecord(root, id))
    if (action === 'die' && known.runs === false) return []
    const runs = { create: false, start: true, die: false }[action] ?? known.runs
    const lent = line.lent ?? known.lent ?? []
    if (type === 'container' && action === 'destroy') all.delete(id)
    else if (type === 'container' && id !== '')
      all.set(id, { actor, lent, ...(runs === undefined ? {} : { runs }) })
    const event = eventOf(line, { type, action, id, attributes: { ...actor, ...attributes } })
    const things = (when: 'given' | 'returned') =>
      lent.map((each) => eventOf(line, thingEvent(each, id, when)))
    const to = attributes?.['container']
    if (type !== 'container' && to !== undefined && line.lent)
      all.set(to, { ...(all.get(to) ?? { actor: onRecord(root, to) }), lent: line.lent })
    if (type !== 'container') return [event]
    if (action === 'start') return [...things('given'), event]
    return action === 'die' ? [event, ...things('returned')] : [event]
  }
}

type Untimed = Pick<LifeEvent, 'type' | 'action' | 'id' | 'attributes'>

function eventOf({ time }: EventLine, { attributes, ...event }: Untimed): LifeEvent {
  const [seconds = '', fraction = ''] = time.split('.')
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  return {
    ...event,
    time: `${whole}.${fraction}Z`,
    attributes: sorted(attributes),
    nanoseconds: BigInt(seconds + fraction),
  }
}

/** What happens to a thing when container `to` starts or ends. */
function thingEvent(lent: Lent, to: string, when: 'given' | 'returned'): Untimed {
  const { action, attributes } = lent[when]
  return { type: lent.type, id: lent.id, action, attributes: { container: to, ...attributes } }
}

/** Of a container whose earlier lines are in no file any more. */
function onRecord(root: string, id: string): Record<string, string> {
  try {
    const container = stateOf(root, id)
    return container ? actorOf(container) : {}
  } catch {
    return {} // ignoring: that it has happened is known all the same
  }
}

function sorted(words: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(words).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A line taken apart; undefined if it is damaged. After a part of one may come a whole one. */
function lineIn(text: Buffer): EventLine | undefined {
  const line = text.toString('utf8')
  try {
    const found = JSON.parse(line.slice(Math.max(0, line.lastIndexOf('{"time":')))) as EventLine
    const isWhole = /^\d{1,11}\.\d{9}$/.test(found.time) && typeof found.action === 'string'
    return isWhole && typeof found.id === 'string' ? found : undefined
  } catch {
    return undefined // ignoring: the next one may be whole
  }
}
