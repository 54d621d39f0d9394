/** `events`: what happens to containers, images, volumes and networks, as it happens. */
import { UsageError, valueOf, type Answer, type Input } from '../command-line.ts'
import { tidy } from '../container/tidy.ts'
import { labelled, passing, type Filters } from '../filters.ts'
import { eventsOf, type LifeEvent, type Period } from './event-reader.ts'
import { timeIn } from './logs/times.ts'

export async function eventsCommand(input: Input): Promise<Answer> {
  const { runtime, values } = input
  const passes = filterOf(values.get('filter') ?? [])
  const period = periodIn(input)
  await tidy(runtime)
  return { stream: answers(runtime.root, period, passes) }
}

async function* answers(
  root: string,
  period: Period,
  passes: (event: LifeEvent) => boolean,
): AsyncGenerator<Answer> {
  for await (const found of eventsOf(root, period)) {
    const events = found.filter(passes)
    if (events.length > 0) yield { lines: events.map(lineOf), items: events.map(messageOf) }
  }
}

function periodIn(input: Input): Period {
  const [since, until] = ['since', 'until'].map((flag) => timeIn(flag, valueOf(input, flag) ?? ''))
  if (since !== undefined && until !== undefined && since > until)
    throw new Error(`--since, ${since}, is after --until, ${until}`)
  return { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) }
}

/** Values of one key are alternatives, but for labels: an event must have all of them. */
function filterOf(given: string[]): (event: LifeEvent) => boolean {
  const isLabel = (text: string) => text.startsWith('label=')
  const tests = [
    passing(given.filter((text) => !isLabel(text)), filters),
    ...given.filter(isLabel).map((text) => passing([text], filters)),
  ]
  return (event) => tests.every((passes) => passes(event))
}

const filters: Filters<LifeEvent> = {
  container: (value) => ({ type, id, attributes }) =>
    type === 'container' && [id, attributes['name'] ?? ''].some((each) => each.startsWith(value)),
  event: (value) => ({ action }) => action === value || action.startsWith(`${value}: `),
  image: (value) => ({ type, id, attributes }) => {
    const name = attributes[type === 'image' ? 'name' : 'image'] ?? ''
    return [id, name, withoutTag(id), withoutTag(name)].includes(value)
  },
  label: (value) => {
    const has = labelled(value)
    return ({ attributes }) => has(attributes)
  },
  type: (value) => {
    if (!types.includes(value))
      throw new UsageError(`invalid --filter 'type=${value}': container, image, volume or network`)
    return ({ type }) => type === value
  },
  volume: (value) => ({ type, id }) => type === 'volume' && id.startsWith(value),
  network: (value) => ({ type, id, attributes }) =>
    type === 'network' && (attributes['name'] === value || id.startsWith(value)),
}

const types = ['container', 'image', 'volume', 'network']

/** `host:5000/name:tag` without `:tag`. */
function withoutTag(name: string): string {
  return name.replace(/:[^:/]*$/, '')
}

/** A line as Docker has it. */
function lineOf({ time, type, action, id, attributes }: LifeEvent): string {
  const pairs = Object.entries(attributes).map(([name, value]) => `${name}=${value}`)
  const more = pairs.length > 0 ? ` (${pairs.join(', ')})` : ''
  return `${inZone(time)} ${type} ${action} ${id}${more}`
}

/** A time in UTC as it is in the zone of whoever reads it. */
function inZone(time: string): string {
  const minutes = -new Date(time).getTimezoneOffset()
  if (minutes === 0) return time
  const local = new Date(Date.parse(`${time.slice(0, 19)}Z`) + minutes * 60_000).toISOString()
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  const zone = [hours, rest].map((each) => String(each).padStart(2, '0')).join(':')
  return local.slice(0, 19) + time.slice(19, -1) + (minutes < 0 ? '-' : '+') + zone
}

/**
 * The fields of Docker's `events.Message`. Some have another name in JSON than in a template: those
 * are not enumerable.
 */
function messageOf(event: LifeEvent): object {
  const { type, action, id, attributes, nanoseconds } = event
  const time = Number(nanoseconds / 1_000_000_000n)
  const from = attributes['image'] ?? ''
  const old = {
    ...(type === 'container' || type === 'image' ? { status: action, id } : {}),
    ...(type === 'container' ? { from } : {}),
  }
  const message = {
    ...old,
    ...{ Type: type, Action: action, Actor: { ID: id, Attributes: attributes } },
    ...{ scope: 'local', time, timeNano: Number(nanoseconds) },
  }
  const named = { Status: action, ID: id, From: from, Scope: 'local', Time: time }
  for (const [name, value] of Object.entries({ ...named, TimeNano: nanoseconds }))
    Object.defineProperty(message, name, { value })
  return message
}
