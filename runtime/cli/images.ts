/** `images`: the images of this data root. */
import { timeAgo } from '../05-commit/commands.ts'
import { listImages } from '../05-commit/store/images.ts'
import type { Answer, Input } from '../command-line.ts'
import { shortId } from '../options.ts'
import { decimalSize } from '../units.ts'

export function images({ runtime, switches, warn }: Input): Answer {
  const { images: found, damaged } = listImages(runtime.root)
  for (const { message } of damaged) warn(message)
  const digests = switches.has('digests')
  const heads = ['REPOSITORY', 'TAG', ...(digests ? ['DIGEST'] : []), 'IMAGE ID', 'CREATED', 'SIZE']
  return {
    json: found,
    ids: found.map(({ id }) => id),
    heads,
    rows: found.map((row) => [
      row.repository,
      row.tag,
      ...(digests ? [row.digest] : []),
      shortId(row.id),
      timeAgo(row.created),
      decimalSize(row.sizeBytes),
    ]),
    code: damaged.length > 0 ? 1 : 0,
  }
}
