/** `image prune`: remove the images that nothing refers to. */
import { listImages, type ImageRow } from '../05-commit/store/images.ts'
import { removeImage } from '../05-commit/store/remove-image.ts'
import { imageUsers } from '../05-commit/users.ts'
import { UsageError, type Answer, type Input } from '../command-line.ts'
import { tidy } from '../container/tidy.ts'
import { shortId } from '../options.ts'
import { decimalSize } from '../units.ts'
import { labelled, passing, type Filters } from './filters.ts'
import { isAgreed } from './question.ts'
import { say } from './voice.ts'

/** Docker's warning, its question, and how much was removed. */
export async function prune(input: Input): Promise<Answer> {
  const { runtime, switches, values, print, failed } = input
  await tidy(runtime)
  const { root } = runtime
  const isAll = switches.has('all')
  const passes = passing(values.get('filter') ?? [], pruneFilters)
  const what = isAll
    ? 'all images without at least one container associated to them'
    : 'all dangling images'
  if (!switches.has('force') && !(await isAgreed(`WARNING! This will remove ${what}.`)))
    return { lines: [] }
  const used = new Set(imageUsers(root).map(({ manifest }) => manifest))
  const candidates = listImages(root).images.filter(
    (row) => !used.has(row.digest) && (isAll || row.repository === '<none>') && passes(row),
  )
  let code = 0
  let bytes = 0
  for (const [at, row] of candidates.entries())
    try {
      const removals = await removeImage(root, wordOf(row), () => imageUsers(root))
      if (at === 0) print(say('Deleted Images:'))
      for (const removal of removals)
        for (const [what, name] of Object.entries(removal)) print(`${what}: ${name}`)
      if (removals.some((each) => 'deleted' in each)) bytes += row.sizeBytes - row.sharedBytes
    } catch (error) {
      await failed(error)
      code = 1
    }
  const total = say(`Total reclaimed space: ${decimalSize(bytes)}`)
  return { lines: [...(candidates.length > 0 ? [''] : []), total], code }
}

/** A word that `rmi` takes. */
function wordOf({ repository, tag, id }: ImageRow): string {
  return repository === '<none>' ? shortId(id) : `${repository}:${tag}`
}

const pruneFilters: Filters<ImageRow> = {
  label: (value) => {
    const has = labelled(value)
    return ({ labels }) => has(labels)
  },
  'label!': (value) => {
    const has = labelled(value)
    return ({ labels }) => !has(labels)
  },
  until: (value) => {
    const before = timeOf(value)
    return ({ created }) => Date.parse(created) < before
  },
  dangling: (value) => (row) => (row.repository === '<none>') === (value === 'true'),
}

const unitsMs: Record<string, number> = { s: 1e3, m: 6e4, h: 3.6e6 }

/** `1h30m`, counted back from now; a date; or seconds since 1970. */
function timeOf(value: string): number {
  const parts = value.match(/\d+(?:\.\d+)?[smh]/g) ?? []
  if (value !== '' && parts.join('') === value)
    return Date.now() - parts.reduce((sum, part) => sum + msOf(part), 0)
  const time = /^\d{1,11}$/.test(value) ? Number(value) * 1000 : Date.parse(value)
  if (!Number.isNaN(time)) return time
  throw new UsageError(`invalid --filter 'until=${value}': a duration such as 1h30m, or a date`)
}

function msOf(part: string): number {
  return parseFloat(part) * (unitsMs[part.slice(-1)] ?? 0)
}
