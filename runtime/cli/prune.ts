/** `image prune`: remove the images that nothing refers to. */
import { announceRemoval } from '../05-commit/image-events.ts'
import { listImages, type ImageRow } from '../05-commit/store/images.ts'
import { removeImage } from '../05-commit/store/remove-image.ts'
import { imageUsers } from '../05-commit/users.ts'
import type { Answer, Input } from '../command-line.ts'
import { happen } from '../container/announce.ts'
import { tidy } from '../container/tidy.ts'
import { passing, removableFilters, type Filters } from '../filters.ts'
import { shortId } from '../options.ts'
import { decimalSize } from '../units.ts'
import { say } from './voice.ts'

/** Docker's warning, its question, and how much was removed. */
export async function prune(input: Input): Promise<Answer> {
  const { runtime, switches, values, print, failed, isAgreed } = input
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
      const word = wordOf(row)
      const work = () => removeImage(root, word, () => imageUsers(root))
      const removals = await announceRemoval(runtime, word, work)
      if (at === 0) print(say('Deleted Images:'))
      for (const removal of removals)
        for (const [what, name] of Object.entries(removal)) print(`${what}: ${name}`)
      if (removals.some((each) => 'deleted' in each)) bytes += row.sizeBytes - row.sharedBytes
    } catch (error) {
      await failed(error)
      code = 1
    }
  const [image, attributes] = [{ id: '', name: '' }, { reclaimed: String(bytes) }]
  happen(runtime, { action: 'prune', image, attributes })
  const total = say(`Total reclaimed space: ${decimalSize(bytes)}`)
  return { lines: [...(candidates.length > 0 ? [''] : []), total], code }
}

/** A word that `rmi` takes. */
function wordOf({ repository, tag, id }: ImageRow): string {
  return repository === '<none>' ? shortId(id) : `${repository}:${tag}`
}

const pruneFilters: Filters<ImageRow> = {
  ...removableFilters<ImageRow>(({ labels }) => labels),
  dangling: (value) => (row) => (row.repository === '<none>') === (value === 'true'),
}
