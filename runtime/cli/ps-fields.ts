/** What `ps` can filter by and what its templates can name, in Docker's words. */
import { stackIn } from '../04-overlay/stack.ts'
import { healthWords } from '../07-exec/health-results.ts'
import { imageWithManifest, resolve } from '../05-commit/store/store.ts'
import { contentSize, layerSize } from '../05-commit/store/sizes.ts'
import { mountNames, volumeCount } from '../08-volumes/inspect.ts'
import { networkNames } from '../09-network/inspect-settings.ts'
import { exposes, publishes } from '../09-network/ports-column.ts'
import { cut } from '../columns.ts'
import { UsageError } from '../command-line.ts'
import { findContainer } from '../container/find.ts'
import { containerDir } from '../container/state.ts'
import { unlessMissing } from '../files.ts'
import { stateOfHealth, stateWord } from './container-status.ts'
import { labelled, type Filters } from '../filters.ts'
import type { Container } from '../options.ts'
import { decimalSize, localTime } from '../units.ts'

/** How the table is to look. */
export interface Shape {
  root: string
  /** Nothing is cut short. */
  isWhole: boolean
  status: (container: Container) => string
}

const states = ['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead']

/** Docker's filters, without those of later chapters (publish, expose). */
export function containerFilters(root: string): Filters<Container> {
  return {
    id: (value) => ({ id }) => id.startsWith(value),
    name: (value) => {
      const pattern = patternOf('name', value)
      return ({ name }) => pattern.test(name) || pattern.test(`/${name}`)
    },
    label: (value) => {
      const has = labelled(value)
      return (container) => has(labelsOf(container))
    },
    status: (value) => {
      if (!states.includes(value)) throw invalid('status', value, states.join(', '))
      return (container) => stateWord(container) === value
    },
    health: (value) => {
      if (!healthWords.includes(value)) throw invalid('health', value, healthWords.join(', '))
      return (container) => (stateOfHealth(root, container)?.Status ?? 'none') === value
    },
    exited: (value) => {
      if (!/^-?\d{1,9}$/.test(value)) throw invalid('exited', value, 'an exit code')
      return ({ status, exitCode }) => status === 'exited' && exitCode === Number(value)
    },
    ancestor: (value) => {
      const ids = resolve(root, value).layers.map(({ diffId }) => diffId)
      return ({ image }) => image !== undefined && ids.every((id, at) => image.diffIds[at] === id)
    },
    volume: (value) => (container) =>
      mountNames(container).includes(value) ||
      (container.mounts ?? []).some(({ target, from }) => from !== 'tmpfs' && target === value),
    network: (value) => (container) => networkNames(container).includes(value),
    publish: publishes,
    expose: exposes,
    before: (value) => {
      const { created } = findContainer(root, value)
      return (container) => container.created < created
    },
    since: (value) => {
      const { created } = findContainer(root, value)
      return (container) => container.created > created
    },
  }
}

function patternOf(key: string, value: string): RegExp {
  try {
    return new RegExp(value)
  } catch {
    throw invalid(key, value, 'a regular expression') // ignoring the parser's words
  }
}

function invalid(key: string, value: string, what: string): UsageError {
  return new UsageError(`invalid --filter '${key}=${value}': ${what}`)
}

function labelsOf({ config }: Container): Record<string, string> {
  return config?.Labels ?? {}
}

/** `12kB (virtual 2MB)`: what it has written, and that with its image. */
export function sizeText(root: string, container: Container): string {
  const { written, whole } = sizesOf(root, container)
  return `${decimalSize(written)} (virtual ${decimalSize(whole)})`
}

/** Bytes that a container has written, and those of its root file system. */
export function sizesOf(root: string, { id, image }: Container) {
  const written = unlessMissing(() => contentSize(stackIn(containerDir(root, id)).upper)) ?? 0
  const { layers = [] } = (image && imageWithManifest(root, image.manifest)) ?? {}
  const below = layers.reduce((sum, layer) => sum + layerSize(root, layer), 0)
  return { written, whole: written + below }
}

/** The heads of the columns, by the fields of a row. */
export const headsOfContainers: Record<string, string> = {
  ...{ ID: 'CONTAINER ID', Names: 'NAMES', Image: 'IMAGE', Command: 'COMMAND', Size: 'SIZE' },
  ...{ CreatedAt: 'CREATED AT', RunningFor: 'CREATED', Ports: 'PORTS', State: 'STATE' },
  ...{ Status: 'STATUS', Labels: 'LABELS', Mounts: 'MOUNTS', LocalVolumes: 'LOCAL VOLUMES' },
  ...{ Networks: 'NETWORKS' },
}
Object.assign(headsOfContainers, { Label: (name: string) => name })

/** A row for a template; the size is measured only if the template asks for it. */
export function rowFor(
  container: Container,
  columns: Map<string, (container: Container) => string>,
  { root, isWhole }: Shape,
): object {
  const { created, name } = container
  const cell = (head: string) => columns.get(head)?.(container) ?? ''
  const labels = labelsOf(container)
  return {
    Command: cell('COMMAND'),
    CreatedAt: localTime(created),
    ID: cell('CONTAINER ID'),
    Image: cell('IMAGE'),
    Labels: Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(','),
    LocalVolumes: String(volumeCount(container)),
    Mounts: mountNames(container).map((name) => (isWhole ? name : cut(name, 15))).join(','),
    Names: name,
    Networks: networkNames(container).join(','),
    Ports: cell('PORTS'),
    RunningFor: cell('CREATED'),
    get Size() {
      return sizeText(root, container)
    },
    State: stateWord(container),
    Status: cell('STATUS'),
    Label: (key: string) => labels[key] ?? '',
  }
}
