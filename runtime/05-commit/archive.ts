/** The bytes of a tar archive: from a file, from standard input or of a directory, unpacked. */
import { createReadStream, readFileSync, realpathSync, statSync, type Stats } from 'node:fs'
import { isMissing } from '../files.ts'
import { parseMountinfo } from '../mountinfo.ts'
import { decompressed, OtherCompression } from './layer/decompress.ts'
import { layerTar } from './layer/layer.ts'

type Chunks = AsyncIterable<Uint8Array>

/**
 * The tar archive that `source` stands for: a file, packed or not; `-`, standard input; or a
 * directory, whose files become the archive. Throws if there is none of that name.
 */
export function archiveOf(source: string, onSkipped?: (path: string, why: string) => void): Chunks {
  if (source === '-') return unpacked(createReadStream('', { fd: 0, highWaterMark: 2 ** 18 }))
  const stat = statIfThere(source)
  if (!stat) throw new Error(notThere(source))
  if (stat.isDirectory()) return treeOf(source, onSkipped)
  return unpacked(createReadStream(source, { highWaterMark: 2 ** 18 }))
}

function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch (error) {
    if (!isMissing(error)) throw error
    return undefined
  }
}

function notThere(source: string): string {
  const nothing = `no file or directory '${source}'`
  if (!/^https?:\/\//.test(source)) return nothing
  return `${nothing}: a URL comes in chapter 10; until then: curl -fsSL URL | stepbox import - NAME`
}

/**
 * The directory as an archive. Throws if something is mounted in it: a container's /proc holds the
 * host's processes, and its files have no end.
 */
function treeOf(dir: string, onSkipped?: (path: string, why: string) => void): Chunks {
  const upper = realpathSync(dir)
  const isBelow = ({ target }: { target: string }) =>
    target.startsWith(upper === '/' ? '/' : `${upper}/`) && target !== '/'
  const inside = parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')).find(isBelow)
  if (inside)
    throw new Error(`'${dir}' has ${inside.type} mounted on ${inside.target}: umount it first`)
  return layerTar({ upper, lowers: [] }, { onSkipped })
}

/** `chunks` unpacked, if they are packed: layer/decompress.ts. */
async function* unpacked(chunks: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  try {
    yield* decompressed(chunks)
  } catch (cause) {
    if (cause instanceof OtherCompression) {
      const { program } = cause
      const instead = `${program} -dc FILE | stepbox import -`
      throw new Error(`it is packed with ${program}: ${instead}`, { cause })
    }
    const { code = '', message } = cause as NodeJS.ErrnoException
    if (!code.startsWith('Z_')) throw cause
    throw new Error(`it is not valid gzip: ${message}`, { cause })
  }
}
