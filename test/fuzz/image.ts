/** Tests. Fuzzed: an image's documents, in the hands of every command that shows or starts it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chapters } from '../../chapters/table.ts'
import { applyChanges } from '../../runtime/05-commit/changes.ts'
import { historyCommand } from '../../runtime/05-commit/commands.ts'
import { imageFor } from '../../runtime/05-commit/image-for.ts'
import { blobPath } from '../../runtime/05-commit/store/blobs.ts'
import { mediaTypes, nameAnnotation } from '../../runtime/05-commit/store/oci.ts'
import { entryName } from '../../runtime/05-commit/store/entry-names.ts'
import { readIndex, resolve } from '../../runtime/05-commit/store/store.ts'
import { DamagedImage, NotAnImage } from '../../runtime/05-commit/store/image-errors.ts'
import { UnusableImage } from '../../runtime/05-commit/store/image-errors.ts'
import { planOptions, rowsUpTo, type Chapter } from '../../runtime/chapter.ts'
import { images } from '../../runtime/cli/images.ts'
import { inspect } from '../../runtime/cli/inspect.ts'
import { request } from '../../runtime/container/request.ts'
import { UsageError, type Answer, type Input } from '../../runtime/command-line.ts'
import { encode } from '../../runtime/encode.ts'
import { Missing } from '../../runtime/missing.ts'
import { strace } from '../../runtime/strace.ts'
import type { Random } from '../power/random.ts'
import { reshapedJson } from './json.ts'
import { digest, inMemory } from './memory.ts'
import { rule, type Target } from './target.ts'

/** Between the three documents of an input. In them CONFIG and MANIFEST stand for descriptors. */
const separator = '\n\n'
let root = ''
const rows: Chapter[] = await rowsUpTo(chapters, Infinity)

/** Index, manifest, config. The blobs have the right digests; the layers are missing. */
export const image: Target = {
  name: 'image',
  open: () => void (root = inMemory()),
  seeds: () => [documents(1), documents(2)],
  words: ['"mediaType":', '"annotations":', '"history":', '"config":', 'MANIFEST', 'CONFIG', '{}'],
  refusals: [DamagedImage, UnusableImage, NotAnImage, Missing, UsageError],
  reshape: (bytes, random: Random) => Buffer.from(reshapedJson(bytes.toString(), random)),
  check: async (bytes) => {
    const text = bytes.toString()
    write(text)
    const names = readIndex(root).manifests.map(entryName)
    const name = names.find((each) => each !== undefined) ?? 'app:v1'
    const input = inputFor(name, text)
    checkAnswer(await images(input), text)
    checkAnswer(await inspect(input), text)
    const found = resolve(root, name)
    checkAnswer(await historyCommand(input), text)
    const { settings } = await imageFor(root, name, 'layers')
    applyChanges(settings, ['ENV a=$PATH', 'EXPOSE 80', 'LABEL a=b', 'VOLUME /x', 'WORKDIR x'])
    await checkPlan(input, settings)
    JSON.stringify(found.config)
    return `${found.layers.length} layers, ${Object.keys(settings).sort()}`
  },
  close: async () => void rmSync(root, { recursive: true, force: true }),
}

/** What is warned of is in words of ours; words of a JavaScript error may be the image's own. */
function inputFor(name: string, foreign: string): Input {
  const chapter = rows.at(-1) as Chapter
  const nothing = () => {}
  const typed = { switches: new Set(['digests']), values: new Map(), words: [name] }
  const warn = (text: string) => {
    const found = text.match(/TypeError|\bNaN\b|not a function|Cannot read/g) ?? []
    rule(found.every((word) => foreign.includes(word)), `it warned: ${text}`)
  }
  const failed = async (error: unknown) => warn(String(error))
  const runtime = { root, rows, chapters, warn }
  const commands = () => []
  const isAgreed = async () => false
  const explain = async () => ({ text: '', exitCode: 125 })
  const saying = { print: nothing, write: nothing, progress: nothing, warn, failed }
  const attach = async () => {}
  const streams = () => Promise.reject(new Error('it has no streams'))
  const more = { commands, ...saying, isAgreed, explain, attach, streams, carryOut: streams }
  return { ...typed, runtime, chapter, ...more }
}

/** A table of texts. A word for what the program did not expect may be there if it is foreign. */
function checkAnswer({ json, rows: table = [], lines = [] }: Answer, foreign: string): void {
  JSON.stringify(json)
  for (const cell of [...table.flat(), ...lines])
    rule(typeof cell === 'string', `a cell that is ${JSON.stringify(cell)}`)
  for (const cell of table.flat().filter((each) => !foreign.includes(each)))
    rule(!/^(undefined|NaN|Invalid|\[object)/.test(cell), `a cell '${cell}'`)
}

/** The plan can be printed; it can be sent, or is refused for a NUL. */
async function checkPlan(input: Input, settings: object): Promise<void> {
  const { limits = {}, readOnly = false, user: _, ...asked } = request(input, [], settings)
  const ordinary = planOptions(rows)
  const group = { ...ordinary.group, limits }
  const more = { hostname: 'box', network: 'none', layers: ['lower'], dir: root, group, readOnly }
  const plan = await input.chapter.plan({ ...ordinary, ...asked, ...more })
  plan.forEach(({ call }) => strace(call))
  try {
    encode(plan)
  } catch (error) {
    if (!(error instanceof RangeError && error.message.includes('NUL byte'))) throw error
  }
}

function write(text: string): void {
  const [index = '', manifest = '', config = ''] = text.split(separator)
  mkdirSync(join(root, 'blobs/sha256'), { recursive: true })
  const configAt = put(mediaTypes.config, config)
  const manifestAt = put(mediaTypes.manifest, manifest.replaceAll('"CONFIG"', configAt))
  writeFileSync(join(root, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const named = `{"annotations":{"${nameAnnotation}":"app:v1"},${manifestAt.slice(1)}`
  writeFileSync(join(root, 'index.json'), index.replaceAll('"MANIFEST"', named))
}

/** Write a blob. Gives its descriptor as JSON. */
function put(mediaType: string, content: string): string {
  const bytes = Buffer.from(content)
  const name = digest(bytes)
  writeFileSync(blobPath(root, name), bytes)
  return JSON.stringify({ mediaType, digest: name, size: bytes.length })
}

function documents(layers: number): Buffer {
  const made = Array.from({ length: layers }, (_, at) => digest(`layer ${at}`))
  const layer = (name: string) => ({ mediaType: mediaTypes.gzipLayer, digest: name, size: 99 })
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: ['MANIFEST'] }
  const manifest = { schemaVersion: 2, config: 'CONFIG', layers: made.map(layer) }
  const config = {
    created: '2020-01-01T00:00:00Z',
    author: 'someone',
    architecture: 'amd64',
    os: 'linux',
    config: {
      User: '1000:1000',
      ExposedPorts: { '80/tcp': {} },
      Env: ['PATH=/bin', 'A=b'],
      Entrypoint: ['sh', '-c'],
      Cmd: ['true'],
      Volumes: { '/data': {} },
      WorkingDir: '/srv',
      Labels: { a: 'b' },
    },
    rootfs: { type: 'layers', diff_ids: made },
    history: [
      { created: '2020-01-01T00:00:00Z', created_by: 'made', author: 'a', comment: 'first' },
      { created_by: 'ENV A=b', empty_layer: true },
    ],
  }
  return Buffer.from([index, manifest, config].map((each) => JSON.stringify(each)).join(separator))
}
