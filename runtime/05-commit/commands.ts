/** `commit`, `history` and `rmi`: commands that make, show and remove images. */
import { cut } from '../columns.ts'
import { forEachWord, valueOf, type Answer, type Input } from '../command-line.ts'
import { announce } from '../container/announce.ts'
import { findContainer } from '../container/find.ts'
import { tidy } from '../container/tidy.ts'
import { shortId } from '../options.ts'
import { printable } from '../printable.ts'
import { age, decimalSize } from '../units.ts'
import { commitContainer } from './commit.ts'
import { announceRemoval, announceTag } from './image-events.ts'
import { historyOf, timeOf } from './store/images.ts'
import { imageName } from './store/reference.ts'
import { removeImage } from './store/remove-image.ts'
import { measureLayers } from './store/sizes.ts'
import { resolve } from './store/store.ts'
import { imageUsers } from './users.ts'

/** `commit`: prints the new image's id, as Docker does. */
export async function commitCommand(input: Input): Promise<Answer> {
  const { runtime, words, values, warn, progress } = input
  await tidy(runtime)
  const [source = '', name = ''] = words
  const container = findContainer(runtime.root, source)
  const author = valueOf(input, 'author')
  const message = valueOf(input, 'message')
  const made = await commitContainer(runtime.root, container, {
    name,
    ...(author === undefined ? {} : { author }),
    ...(message === undefined ? {} : { message }),
    changes: values.get('change') ?? [],
    created: timeNow(),
    onBytes: every(2 ** 24, (bytes) => progress(`${decimalSize(bytes)} read`)),
    onSkipped: (path, why) => warn(`left out /${path}: ${why}`),
  })
  progress('')
  const imageRef = name === '' ? '' : imageName(name)
  if (imageRef !== '') announceTag(runtime, made.id, imageRef)
  const more = { comment: message ?? '', imageID: made.id, imageRef }
  announce(runtime, container, { action: 'commit', ...more })
  return { lines: [made.id] }
}

/** `report`, but only after each further `step` bytes. */
export function every(step: number, report: (total: number) => void): (total: number) => void {
  let next = step
  return (total) => {
    if (total < next) return
    next = total + step
    report(total)
  }
}

/**
 * The time in a new image. With SOURCE_DATE_EPOCH set, committing the same write layer twice gives
 * the same digest (reproducible-builds.org/specs/source-date-epoch).
 */
export function timeNow(): string {
  const epoch = process.env['SOURCE_DATE_EPOCH']
  if (epoch === undefined || epoch === '') return new Date().toISOString()
  if (/^\d{1,11}$/.test(epoch)) return new Date(Number(epoch) * 1000).toISOString()
  throw new Error(`invalid SOURCE_DATE_EPOCH '${epoch}': seconds since 1970, a whole number`)
}

/** `history`: the steps in which an image was made, the newest first. */
export async function historyCommand(input: Input): Promise<Answer> {
  const { words, switches } = input
  const { root } = input.runtime
  const image = resolve(root, words[0] ?? '')
  await measureLayers(root, image.layers)
  const found = historyOf(root, image)
  const isWhole = switches.has('no-trunc')
  const forPeople = switches.has('human')
  const idOf = (id: string) => (isWhole || id === '<missing>' ? id : shortId(id))
  if (switches.has('quiet')) return { lines: found.map(({ id }) => idOf(id)), json: found }
  const items = found.map(({ id, created, createdBy, sizeBytes, comment }) => ({
    Comment: comment,
    CreatedAt: created,
    CreatedBy: isWhole ? createdBy : cut(printable(createdBy), 45),
    CreatedSince: timeAgo(created),
    ID: idOf(id),
    Size: forPeople ? decimalSize(sizeBytes) : String(sizeBytes),
  }))
  return {
    json: found,
    items,
    headOf: headsOfHistory,
    heads: ['IMAGE', forPeople ? 'CREATED' : 'CREATED AT', 'CREATED BY', 'SIZE', 'COMMENT'],
    rows: items.map(({ ID, CreatedSince, CreatedAt, CreatedBy, Size, Comment }) => [
      ...[ID, forPeople ? CreatedSince : CreatedAt, CreatedBy, Size, Comment],
    ]),
  }
}

const headsOfHistory: Record<string, string> = {
  ...{ ID: 'IMAGE', CreatedSince: 'CREATED', CreatedAt: 'CREATED AT', CreatedBy: 'CREATED BY' },
  ...{ Size: 'SIZE', Comment: 'COMMENT' },
}

/** `rmi`: after a failure it goes on with the next image, and the exit code is 1. */
export async function rmiCommand(input: Input): Promise<Answer> {
  const { runtime, print } = input
  await tidy(runtime)
  const { root } = runtime
  const code = await forEachWord(input, async (word) => {
    const work = () => removeImage(root, word, () => imageUsers(root))
    for (const removal of await announceRemoval(runtime, word, work))
      if ('untagged' in removal) print(`Untagged: ${removal.untagged}`)
      else print(`Deleted: ${removal.deleted}`)
  })
  return { code }
}

/** The age of an image. `N/A` if it has no time, or one of 1970, as reproducible builds write. */
export function timeAgo(created: string): string {
  return timeOf(created) > 0 ? `${age(created)} ago` : 'N/A'
}
