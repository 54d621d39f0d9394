/** `import`: an image of a directory, of a tar archive, or of this machine's busybox. */
import { archiveOf } from '../05-commit/archive.ts'
import { importBusybox } from '../05-commit/busybox-image.ts'
import { every, timeNow } from '../05-commit/commands.ts'
import { announceImage, announceTag } from '../05-commit/image-events.ts'
import { importArchive } from '../05-commit/import.ts'
import { imageName } from '../05-commit/store/reference.ts'
import { UsageError, valueOf, type Answer, type Input } from '../command-line.ts'
import { ociArchitecture } from './facts.ts'
import { staticBusybox } from '../tools/programs.ts'
import { decimalSize } from '../units.ts'

/** Prints the new image's id, as Docker does. */
export async function importCommand(input: Input): Promise<Answer> {
  const { runtime, words, values, switches, warn, progress } = input
  const [source, name] = words
  if (switches.has('busybox')) return { lines: [await busybox(runtime.root, words)] }
  if (source === undefined)
    throw new UsageError('import what? a directory, a tar archive, - for standard input, --busybox')
  if (name !== undefined) imageName(name) // throws before anything is read
  const onSkipped = (path: string, why: string) => warn(`left out /${path}: ${why}`)
  const chunks = archiveOf(source, onSkipped)
  const image = await importArchive(runtime.root, chunks, {
    ...(name === undefined ? {} : { name }),
    message: valueOf(input, 'message') ?? `Imported from ${source}`,
    changes: values.get('change') ?? [],
    created: timeNow(),
    architecture: ociArchitecture(),
    onBytes: every(2 ** 24, (bytes) => progress(`${decimalSize(bytes)} read`)),
  }).catch((cause: Error) => {
    throw new Error(`cannot import '${source}': ${cause.message}`, { cause })
  })
  progress('')
  if (name !== undefined) announceTag(runtime, image.id, name)
  announceImage(runtime, image.id, 'import')
  return { lines: [image.id] }
}

async function busybox(root: string, words: string[]): Promise<string> {
  if (words.length > 1) throw new UsageError('import --busybox takes a busybox at most, no name')
  const binary = words[0] ?? staticBusybox()
  if (binary === undefined)
    throw new Error(
      'no static busybox on this machine\n' +
        '  Debian, Ubuntu   apt-get install busybox-static\n' +
        '  Fedora           dnf install busybox\n' +
        "  or make an image of another root file system: 'stepbox import DIRECTORY NAME'",
    )
  return (await importBusybox(root, binary)).id
}
