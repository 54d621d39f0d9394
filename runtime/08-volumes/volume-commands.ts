/** `volume create`, `ls`, `inspect`, `rm` and `prune`. */
import { contentSize } from '../05-commit/store/sizes.ts'
import { labelsFrom } from '../06-lifecycle/labels.ts'
import { forEachWord, UsageError, valueOf, type Answer, type Input } from '../command-line.ts'
import { happen } from '../container/announce.ts'
import { tidy } from '../container/tidy.ts'
import { unlessMissing } from '../files.ts'
import { Missing } from '../missing.ts'
import { labelled, passing, removableFilters, type Filters } from '../filters.ts'
import { decimalSize } from '../units.ts'
import { anonymousName, createVolume, removeUnused, removeVolume } from './change-volumes.ts'
import { checkDriver, checkOptions } from './volume-options.ts'
import { volumeUsers } from './volume-users.ts'
import { findVolume, listVolumes, volumePath, type Volume } from './volumes.ts'

/** Prints the name. As in Docker, 1 is the exit code of all but mistyped flags. */
export async function createVolumeCommand(input: Input): Promise<Answer> {
  const { runtime, words, values, failed } = input
  const labels = labelsFrom(input)
  const options = optionsFrom(values.get('opt') ?? [])
  try {
    const given = valueOf(input, 'name')
    if (given !== undefined && words[0] !== undefined)
      throw new Error(
        'conflicting options: cannot specify a volume-name through both --name and as a ' +
          'positional arg',
      )
    const name = given || words[0] || anonymousName()
    checkDriver(name, valueOf(input, 'driver'))
    checkOptions(name, options)
    await tidy(runtime)
    const asked = {
      name,
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
      ...(Object.keys(options).length > 0 ? { options } : {}),
    }
    await createVolume(runtime, asked)
    return { lines: [name] }
  } catch (error) {
    if (error instanceof UsageError) throw error
    await failed(error)
    return { code: 1 }
  }
}

/** `KEY=VALUE` each; the last of a key counts. */
function optionsFrom(given: string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const [key = '', ...rest] = text.split('=')
      return [key, rest.join('=')]
    }),
  )
}

export async function listVolumesCommand(input: Input): Promise<Answer> {
  const { runtime, switches, values } = input
  const { root } = runtime
  const passes = filterOf(root, values.get('filter') ?? [])
  await tidy(runtime)
  const found = listVolumes(root).filter(passes)
  if (switches.has('quiet') && !values.has('format'))
    return { lines: found.map(({ name }) => name) }
  const users = volumeUsers(root)
  return {
    json: found.map((volume) => ({
      ...volume,
      driver: 'local',
      mountpoint: volumePath(root, volume.name),
      containers: (users.get(volume.name) ?? []).map(({ id }) => id),
    })),
    items: found.map((volume) => itemOf(root, volume)),
    headOf: headsOfVolumes,
    heads: ['DRIVER', 'VOLUME NAME'],
    rows: found.map(({ name }) => ['local', name]),
  }
}

/** Values of one key are alternatives, but for labels: a volume must have all of them. */
function filterOf(root: string, given: string[]): (volume: Volume) => boolean {
  const isLabel = (text: string) => text.startsWith('label=')
  const known = filtersIn(root)
  const tests = [
    passing(given.filter((text) => !isLabel(text)), known),
    ...given.filter(isLabel).map((text) => passing([text], known)),
  ]
  return (volume) => tests.every((passes) => passes(volume))
}

function filtersIn(root: string): Filters<Volume> {
  return {
    dangling: (value) => {
      if (!/^(true|false|1|0)$/.test(value))
        throw new UsageError(`invalid --filter 'dangling=${value}': true or false`)
      const users = volumeUsers(root)
      return ({ name }) => !users.has(name) === /^(true|1)$/.test(value)
    },
    driver: (value) => () => value === 'local',
    label: (value) => {
      const has = labelled(value)
      return ({ labels }) => has(labels)
    },
    name: (value) => {
      const pattern = patternOf(value)
      return ({ name }) => pattern.test(name)
    },
  }
}

function patternOf(value: string): RegExp {
  try {
    return new RegExp(value)
  } catch {
    const what = 'a part of a name, or a regular expression' // ignoring the parser's words
    throw new UsageError(`invalid --filter 'name=${value}': ${what}`)
  }
}

const headsOfVolumes: Record<string, string> = {
  ...{ Name: 'VOLUME NAME', Driver: 'DRIVER', Scope: 'SCOPE', Mountpoint: 'MOUNTPOINT' },
  ...{ Labels: 'LABELS', Links: 'LINKS', Size: 'SIZE', Availability: 'AVAILABILITY' },
  ...{ Group: 'GROUP', Status: 'STATUS' },
}
Object.assign(headsOfVolumes, { Label: (name: string) => name })

function itemOf(root: string, { name, labels = {} }: Volume): object {
  const words = Object.keys(labels).sort().map((key) => `${key}=${labels[key]}`)
  return {
    ...{ Availability: 'N/A', Driver: 'local', Group: 'N/A', Labels: words.join(',') },
    ...{ Links: 'N/A', Mountpoint: volumePath(root, name), Name: name, Scope: 'local' },
    ...{ Size: 'N/A', Status: 'N/A' },
    Label: (key: string) => labels[key] ?? '',
  }
}

export async function inspectVolumeCommand(input: Input): Promise<Answer> {
  const { root } = input.runtime
  const found: object[] = []
  const code = await forEachWord(input, (word) => {
    checkWord(word)
    found.push(inspectVolume(root, word))
  })
  return { json: found, code }
}

/** What Docker says of a volume. Throws Missing if there is none. */
export function inspectVolume(root: string, name: string): object {
  const { created, labels = null, options = null } = findVolume(root, name)
  return {
    CreatedAt: created.replace(/\.\d+/, ''),
    Driver: 'local',
    Labels: labels && sorted(labels),
    Mountpoint: volumePath(root, name),
    Name: name,
    Options: options && sorted(options),
    Scope: 'local',
  }
}

function sorted(words: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(words).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Goes on after a failure, and ends with 1 when there was one. With -f, one may be gone. */
export async function removeVolumeCommand(input: Input): Promise<Answer> {
  const { runtime, switches, print } = input
  await tidy(runtime)
  const code = await forEachWord(input, async (word) => {
    checkWord(word)
    try {
      await removeVolume(runtime, word)
    } catch (error) {
      if (!switches.has('force') || !(error instanceof Missing)) throw error
    }
    print(word)
  })
  return { code }
}

function checkWord(word: string): void {
  if (word === '') throw new Error('invalid volume name or ID: value is empty')
}

/** Docker's warning, its question, and how much was removed. */
export async function pruneVolumesCommand(input: Input): Promise<Answer> {
  const { runtime, switches, values, print, isAgreed } = input
  const { root } = runtime
  const { label, 'label!': unlabelled } = removableFilters<Volume>(({ labels }) => labels)
  const known = { ...(label ? { label } : {}), ...(unlabelled ? { 'label!': unlabelled } : {}) }
  const passes = passing(values.get('filter') ?? [], known)
  await tidy(runtime)
  const warning =
    'WARNING! This will remove all local volumes not used by at least one container.'
  if (!switches.has('force') && !(await isAgreed(warning))) return { lines: [] }
  const users = volumeUsers(root)
  const isUnused = ({ name, options }: Volume) => !users.has(name) && !options // as in Docker
  const unused = listVolumes(root).filter((each) => isUnused(each) && passes(each))
  const sizes = new Map(unused.map(({ name }) => [name, bytesIn(root, name)]))
  const removed = unused.length > 0 ? await removeUnused(runtime, [...sizes.keys()]) : []
  if (removed.length > 0) print('Deleted Volumes:')
  for (const name of removed) print(name)
  const bytes = removed.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0)
  const thing = { type: 'volume', id: '' }
  happen(runtime, { action: 'prune', thing, attributes: { reclaimed: String(bytes) } })
  const total = `Total reclaimed space: ${decimalSize(bytes)}`
  return { lines: [...(removed.length > 0 ? [''] : []), total] }
}

function bytesIn(root: string, name: string): number {
  return unlessMissing(() => contentSize(volumePath(root, name))) ?? 0
}
