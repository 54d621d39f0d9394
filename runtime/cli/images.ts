/** `images`: the images of this data root. */
import { timeAgo } from '../05-commit/commands.ts'
import { DamagedImage } from '../05-commit/store/image-errors.ts'
import { measuredImages, type ImageRow } from '../05-commit/store/images.ts'
import { resolve } from '../05-commit/store/store.ts'
import { UsageError, type Answer, type Input } from '../command-line.ts'
import { labelled, matching, passing, type Filters } from '../filters.ts'
import { shortId } from '../options.ts'
import { decimalSize, localTime } from '../units.ts'

export async function images(input: Input): Promise<Answer> {
  const { switches, values, words, warn, progress } = input
  const { root } = input.runtime
  const { images: all, damaged } = await measuredImages(root, progress)
  for (const { message } of damaged) warn(message)
  const isForPeople = !switches.has('quiet') && !values.has('format')
  if (isForPeople && all.length + damaged.length === 0)
    warn('there are no images yet; to get busybox:latest: stepbox import --busybox')
  const passes = passing(values.get('filter') ?? [], imageFilters(root, all))
  const [name] = words
  const isNamed = name === undefined ? () => true : referring(name)
  const found = all.filter((row) => isNamed(row) && passes(row))
  const isWhole = switches.has('no-trunc')
  const idOf = ({ id }: ImageRow) => (isWhole ? id : shortId(id))
  const digests = switches.has('digests')
  const heads = ['REPOSITORY', 'TAG', ...(digests ? ['DIGEST'] : []), 'IMAGE ID', 'CREATED', 'SIZE']
  return {
    json: found.map(({ labels: _, ...row }) => row),
    items: found.map((row) => itemOf(row, idOf(row))),
    headOf: headsOfImages,
    ids: found.map(({ id }) => id),
    heads,
    rows: found.map((row) => [
      row.repository,
      row.tag,
      ...(digests ? [row.digest] : []),
      idOf(row),
      timeAgo(row.created),
      decimalSize(row.sizeBytes),
    ]),
    code: damaged.some((error) => error instanceof DamagedImage) ? 1 : 0,
  }
}

/** Docker's filters. */
function imageFilters(root: string, all: ImageRow[]): Filters<ImageRow> {
  const createdOf = (word: string) => {
    const { id } = resolve(root, word)
    return all.find((row) => row.id === id)?.created ?? ''
  }
  return {
    dangling: (value) => {
      if (!/^(true|false|1|0)$/.test(value))
        throw new UsageError(`invalid --filter 'dangling=${value}': true or false`)
      return ({ repository }) => (repository === '<none>') === /^(true|1)$/.test(value)
    },
    reference: referring,
    label: (value) => {
      const has = labelled(value)
      return ({ labels }) => has(labels)
    },
    before: (value) => {
      const created = createdOf(value)
      return (row) => row.created < created
    },
    since: (value) => {
      const created = createdOf(value)
      return (row) => row.created > created
    },
  }
}

/** `busybox`, `busybox:latest`, `web:1.*`: the repository alone means all its tags. */
function referring(pattern: string): (row: ImageRow) => boolean {
  const fits = matching(pattern.replace(/^(?:index\.)?docker\.io\/(?:library\/)?/, ''))
  return ({ repository, tag }) => fits(repository) || fits(`${repository}:${tag}`)
}

const headsOfImages: Record<string, string> = {
  ...{ ID: 'IMAGE ID', Repository: 'REPOSITORY', Tag: 'TAG', Digest: 'DIGEST', Size: 'SIZE' },
  ...{ CreatedSince: 'CREATED', CreatedAt: 'CREATED AT', Containers: 'CONTAINERS' },
  ...{ SharedSize: 'SHARED SIZE', UniqueSize: 'UNIQUE SIZE', VirtualSize: 'SIZE' },
}

function itemOf(row: ImageRow, id: string): object {
  const { repository, tag, digest, created, sizeBytes, sharedBytes } = row
  return {
    Containers: 'N/A',
    CreatedAt: localTime(created),
    CreatedSince: timeAgo(created),
    Digest: digest,
    ID: id,
    Repository: repository,
    SharedSize: decimalSize(sharedBytes),
    Size: decimalSize(sizeBytes),
    Tag: tag,
    UniqueSize: decimalSize(sizeBytes - sharedBytes),
    VirtualSize: decimalSize(sizeBytes),
  }
}
