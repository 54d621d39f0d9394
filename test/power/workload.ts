/** Tests. A user at work, by chance; and what the user could count on at each moment. */
import type { Entry } from './disk.ts'
import type { Random } from './random.ts'
import type { Promised, Request } from './talk.ts'

/** Something that was done, and how long the log was before and after. */
export interface Deed {
  what: string
  begin: number
  end: number
  /** The name of an image that has another digest now; `''` stands for none. */
  image?: { name: string; digest: string }
  /** A container that is there from now on, or not any more. */
  container?: { name: string; exists: boolean }
  /** The same of a volume. */
  volume?: { name: string; exists: boolean }
}

export interface Hand {
  /** Have it done in the machine. Gives the digest of an image that was made. */
  ask: (request: Request) => Promise<string>
  /** Of the drive that the machine writes to. */
  log: () => Entry[]
}

/**
 * Make a store, and do `count` things to it after that: run, commit, rm and rmi, volume create and
 * rm, in an order that `random` says. Images, containers and volumes stay few.
 */
export async function work(hand: Hand, random: Random, count: number): Promise<Deed[]> {
  const deeds: Deed[] = []
  const state: State = { images: new Map(), containers: new Map(), volumes: new Map(), count: 0 }
  const mounted: Wish = { what: 'mount', request: { do: 'mount' } }
  const made: Wish = { what: 'import', request: { do: 'import' }, image: 'busybox:latest' }
  for (let at = -2; at < count; at++) {
    const wish: Wish = at === -2 ? mounted : at === -1 ? made : choose(state, random)
    const begin = hand.log().length
    const digest = await hand.ask(wish.request)
    const deed = { what: wish.what, begin, end: hand.log().length }
    if (wish.image) settle(state.images, wish.image, digest)
    if (wish.container) settle(state.containers, wish.container, wish.standsOn ?? '')
    if (wish.volume) settle(state.volumes, wish.volume, wish.user ?? '')
    deeds.push({
      ...deed,
      ...(wish.image ? { image: { name: wish.image, digest } } : {}),
      ...(wish.container
        ? { container: { name: wish.container, exists: wish.standsOn !== undefined } }
        : {}),
      ...(wish.volume ? { volume: { name: wish.volume, exists: wish.user !== undefined } } : {}),
    })
  }
  return deeds
}

/** What must be found when the power fails after `at` entries of the log. */
export function promisedAt(deeds: Deed[], at: number): Promised {
  const images: Record<string, string[]> = {}
  const containers = new Set<string>()
  const volumes = new Set<string>()
  for (const { begin, end, image, container, volume } of deeds) {
    if (begin >= at && end > at) {
      if (image) images[image.name] ??= ['']
      continue
    }
    const isDone = end <= at
    if (image) {
      const before = isDone ? [] : (images[image.name] ?? [''])
      images[image.name] = [...before, image.digest]
    }
    for (const [all, thing] of [[containers, container], [volumes, volume]] as const)
      if (thing?.exists && isDone) all.add(thing.name)
      else if (thing && !thing.exists) all.delete(thing.name)
  }
  return { images, containers: [...containers], volumes: [...volumes] }
}

/** Images with their digests; containers with the digest of the image that each stands on. */
interface State {
  images: Map<string, string>
  containers: Map<string, string>
  /** Volumes, each with the last container that used it, or `nobody`. */
  volumes: Map<string, string>
  /** How many names were given. */
  count: number
}

interface Wish {
  what: string
  request: Request
  /** A name whose image is another afterwards. */
  image?: string
  /** A container that is there afterwards, standing on an image, or is not, without. */
  container?: string
  standsOn?: string
  /** A volume that is there afterwards, for a container or nobody, or is not, without. */
  volume?: string
  user?: string
}

function choose(state: State, random: Random): Wish {
  const { images, containers } = state
  const kind = random.fraction()
  const inUse = new Set(containers.values())
  if (containers.size > 0 && random.fraction() < 0.15) return changeVolume(state, random)
  const free = [...images].filter(([, digest]) => !inUse.has(digest)).map(([name]) => name)
  if (containers.size > 0 && (kind < 0.3 || images.size < 3)) return commit(state, random)
  if (containers.size > 5 || (containers.size > 1 && kind < 0.45)) {
    const container = random.pick([...containers.keys()])
    return { what: 'rm', request: { do: 'rm', container }, container }
  }
  if (free.length > 1 && (images.size > 6 || kind < 0.6)) {
    const image = random.pick(free)
    return { what: 'rmi', request: { do: 'rmi', image }, image }
  }
  return run(state, random)
}

function run(state: State, random: Random): Wish {
  const [image, standsOn] = random.pick([...state.images])
  const container = `box${++state.count}`
  const script = random.pick(scripts)(container, 1 + random.below(60))
  const request = { do: 'run', container, image, script } as const
  if (random.fraction() < 0.7) return { what: 'run', request, container, standsOn }
  const free = [...freeVolumes(state), `volume${++state.count}`]
  const volume = random.pick(free)
  const more = { volume, user: container }
  return { what: 'run -v', request: { ...request, volume }, container, standsOn, ...more }
}

/** Make a volume, or remove one. */
function changeVolume(state: State, random: Random): Wish {
  const free = freeVolumes(state)
  if (free.length > 0 && (state.volumes.size > 4 || random.fraction() < 0.4)) {
    const volume = random.pick(free)
    return { what: 'volume rm', request: { do: 'volume rm', volume }, volume }
  }
  const volume = `volume${++state.count}`
  const request = { do: 'volume create', volume } as const
  return { what: 'volume create', request, volume, user: 'nobody' }
}

function freeVolumes({ volumes, containers }: State): string[] {
  return [...volumes].filter(([, user]) => !containers.has(user)).map(([name]) => name)
}

/** What a container does, by its name and a size: new files, a few files, less, and other names. */
const scripts = [
  (_: string, size: number) => `mkdir -p /root && head -c ${size}000 /dev/urandom > /root/data`,
  (name: string) =>
    `mkdir -p /srv/${name} && for n in 1 2 3; do echo ${name} $n > /srv/${name}/$n; done`,
  (name: string) => `rm -rf /root/* /srv/* && echo ${name} > /etc/motd`,
  (name: string) => `mv /etc/passwd /etc/${name} && cp /etc/${name} /etc/passwd`,
]

/** Under a new name, or now and then under one that another image has. */
function commit(state: State, random: Random): Wish {
  const { images, containers } = state
  const container = random.pick([...containers.keys()])
  const isNew = images.size < 4 || random.fraction() < 0.7
  const image = isNew ? `work:${++state.count}` : random.pick([...images.keys()])
  const request = { do: 'commit', container, image } as const
  return { what: isNew ? 'commit' : 'commit over', request, image }
}

function settle(all: Map<string, string>, name: string, value: string): void {
  if (value === '') all.delete(name)
  else all.set(name, value)
}
