/** `commit`, `history` and `rmi`: commands that make, show and remove images. */
import { valueOf, type Answer, type Input } from '../command-line.ts'
import { findContainer } from '../container/find.ts'
import { tidy } from '../container/tidy.ts'
import { shortId } from '../options.ts'
import { age, decimalSize } from '../units.ts'
import { commitContainer } from './commit.ts'
import { historyOf } from './store/images.ts'
import { removeImage } from './store/remove-image.ts'
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
    created: now(),
    onBytes: every(2 ** 24, (bytes) => progress(`${decimalSize(bytes)} read`)),
    onSkipped: (path, why) => warn(`left out /${path}: ${why}`),
  })
  progress('')
  return { lines: [made.id] }
}

/** `report`, but only after each further `step` bytes. */
function every(step: number, report: (total: number) => void): (total: number) => void {
  let next = step
  return (total) => {
    if (total < next) return
    next = total + step
    report(total)
  }
}

/**
 * The time in the new image. With SOURCE_DATE_EPOCH set, committing the same write layer twice
 * gives the same digest (reproducible-builds.org/specs/source-date-epoch).
 */
function now(): string {
  const epoch = process.env['SOURCE_DATE_EPOCH']
  if (epoch === undefined || epoch === '') return new Date().toISOString()
  if (/^\d{1,11}$/.test(epoch)) return new Date(Number(epoch) * 1000).toISOString()
  throw new Error(`invalid SOURCE_DATE_EPOCH '${epoch}': seconds since 1970, a whole number`)
}

/** `history`: the steps in which an image was made, the newest first. */
export function historyCommand({ runtime: { root }, words }: Input): Answer {
  const found = historyOf(root, resolve(root, words[0] ?? ''))
  return {
    json: found,
    heads: ['IMAGE', 'CREATED', 'CREATED BY', 'SIZE', 'COMMENT'],
    rows: found.map((row) => [
      row.id === '<missing>' ? row.id : shortId(row.id),
      timeAgo(row.created),
      shorten(row.createdBy, 45),
      decimalSize(row.sizeBytes),
      row.comment,
    ]),
  }
}

/** `rmi`: after a failure it goes on with the next image, and the exit code is 1. */
export async function rmiCommand({ runtime, words, print, warn }: Input): Promise<Answer> {
  await tidy(runtime)
  const { root } = runtime
  let code = 0
  for (const word of words)
    try {
      for (const removal of await removeImage(root, word, () => imageUsers(root)))
        if ('untagged' in removal) print(`Untagged: ${removal.untagged}`)
        else print(`Deleted: ${removal.deleted}`)
    } catch (error) {
      warn(error instanceof Error ? error.message : String(error))
      code = 1
    }
  return { code }
}

/** The age of an image. `N/A` if it has no time, or one of 1970, as reproducible builds write. */
export function timeAgo(created: string): string {
  return created === '' || Date.parse(created) <= 0 ? 'N/A' : `${age(created)} ago`
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
