/** Command line. `commit`, `images`, `history`, `inspect`, `rmi`: all there is to say of images. */
import { commit as makeImage } from '../05-commit/commit.ts'
import {
  containerDir,
  findContainer,
  listContainers,
  type Container,
} from '../container/containers.ts'
import { whileFrozen } from '../05-commit/frozen.ts'
import { age, decimalSize } from '../units.ts'
import { detailsOf, historyOf, listImages } from '../05-commit/store/images.ts'
import { removeImage } from '../05-commit/store/remove-image.ts'
import { imageWithManifest, resolve, shortId } from '../05-commit/store/store.ts'
import { tidy } from '../container/tidy.ts'
import { stackIn } from '../04-overlay/upper.ts'
import { valueOf } from './args.ts'
import { publicState } from './containers.ts'
import type { Input } from './main.ts'
import { json, printable, table } from './table.ts'

/** Prints the new image's id, as Docker does. */
export async function commit(input: Input): Promise<number> {
  const { root, words, values } = input
  await tidy(root)
  const [source = '', name = ''] = words
  const container = findContainer(root, source)
  const image = container.image && imageWithManifest(root, container.image.manifest)
  if (!container.image) throw new Error(`'${source}' has no write layer: it is of chapter 3`)
  if (!image)
    throw new Error(`the image that '${source}' stands on is gone: ${container.image.name}`)
  const author = valueOf(input, 'author')
  const message = valueOf(input, 'message')
  const made = await whileFrozen(root, container, () =>
    makeImage(root, {
      image,
      stack: stackIn(containerDir(root, container.id)),
      name,
      ...(author === undefined ? {} : { author }),
      ...(message === undefined ? {} : { message }),
      changes: values.get('change') ?? [],
      created: now(),
      command: container.command,
      config: { ...image.config.config, ...container.config },
      onSkipped: (path, why) =>
        process.stderr.write(`stepbox: left out /${printable(path)}: ${why}\n`),
    }),
  )
  return print(`${made.id}\n`)
}

/** SOURCE_DATE_EPOCH makes the whole image the same each time (reproducible-builds.org). */
function now(): string {
  const epoch = process.env['SOURCE_DATE_EPOCH']
  if (epoch === undefined || epoch === '') return new Date().toISOString()
  if (/^\d{1,11}$/.test(epoch)) return new Date(Number(epoch) * 1000).toISOString()
  throw new Error(`invalid SOURCE_DATE_EPOCH '${epoch}': seconds since 1970, a whole number`)
}

export function images({ root, switches, values }: Input): number {
  const { images: found, damaged } = listImages(root)
  for (const { message } of damaged) process.stderr.write(`stepbox: ${message}\n`)
  const code = damaged.length > 0 ? 1 : 0
  if (values.has('format')) print(json(found))
  else if (switches.has('quiet'))
    print([...new Set(found.map(({ id }) => `${shortId(id)}\n`))].join(''))
  else {
    const digests = switches.has('digests')
    const heads = [
      'REPOSITORY',
      'TAG',
      ...(digests ? ['DIGEST'] : []),
      'IMAGE ID',
      'CREATED',
      'SIZE',
    ]
    const rows = found.map((row) => [
      printable(row.repository),
      printable(row.tag),
      ...(digests ? [row.digest] : []),
      shortId(row.id),
      ago(row.created),
      decimalSize(row.sizeBytes),
    ])
    print(table(heads, rows))
  }
  return code
}

export function history({ root, words, values }: Input): number {
  const rows = historyOf(root, resolve(root, words[0] ?? ''))
  if (values.has('format')) return print(json(rows))
  const cells = rows.map((row) => [
    row.id === '<missing>' ? row.id : shortId(row.id),
    ago(row.created),
    shorten(printable(row.createdBy), 45),
    decimalSize(row.sizeBytes),
    printable(row.comment),
  ])
  return print(table(['IMAGE', 'CREATED', 'CREATED BY', 'SIZE', 'COMMENT'], cells))
}

/** Containers before images, as Docker looks for a name. */
export function inspect({ root, words }: Input): number {
  const found: unknown[] = []
  let code = 0
  for (const word of words) {
    const container = containerNamed(root, word)
    try {
      found.push(container ? publicState(container) : detailsOf(root, resolve(root, word)))
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      process.stderr.write(`stepbox: no container named '${word}', and ${why}\n`)
      code = 1
    }
  }
  print(json(found))
  return code
}

function containerNamed(root: string, word: string): Container | undefined {
  try {
    return findContainer(root, word)
  } catch {
    return undefined // ignoring: then it is an image, or nothing
  }
}

/** Removes each, goes on after a failure, and ends with 1 when there was one. */
export async function rmi({ root, words }: Input): Promise<number> {
  await tidy(root)
  const users = () =>
    listContainers(root).flatMap(({ name, image }) =>
      image ? [{ name, manifest: image.manifest, diffIds: image.diffIds }] : [],
    )
  let code = 0
  for (const word of words) {
    try {
      for (const removal of await removeImage(root, word, users))
        print(
          'untagged' in removal
            ? `Untagged: ${removal.untagged}\n`
            : `Deleted: ${removal.deleted}\n`,
        )
    } catch (error) {
      process.stderr.write(`stepbox: ${error instanceof Error ? error.message : String(error)}\n`)
      code = 1
    }
  }
  return code
}

function ago(created: string): string {
  return created === '' || Date.parse(created) <= 0 ? 'N/A' : `${age(created)} ago`
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
