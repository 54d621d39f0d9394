/** The checks of the smaller exercises: predict, read, repair. */
import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { stackIn } from '../../../runtime/04-overlay/stack.ts'
import { emptyFile, layerEntries } from '../../../runtime/05-commit/layer/entries.ts'
import { upperFacts } from '../../../runtime/05-commit/layer/facts.ts'
import { mediaTypes } from '../../../runtime/05-commit/store/oci.ts'
import { checksumOf, fields } from '../../../runtime/05-commit/tar/tar.ts'
import { tarEnd, tarHeader } from '../../../runtime/05-commit/tar/write.ts'
import type { Bench, Check, Finding } from '../../../runtime/chapter-lab.ts'
import { notStarted } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import type { Effect, MeasuredBlob } from './exercises.ts'
import { listed } from './layered.ts'
import { seeEffects, seeLayers, seePrediction } from './small-seen.ts'

const answers = 'chapters/05-commit/lab/exercises.ts'

export const smallChecks: Check[] = [
  {
    id: 'prediction',
    exercise: 'predict',
    points: 1,
    isBlackBox: false,
    claim: sentence('your prediction is what a commit makes of the same commands'),
    judge: judgePrediction,
  },
  {
    id: 'headers-read',
    exercise: 'read',
    points: 1,
    isBlackBox: false,
    claim: sentence('the headers of a layer say what it puts, deletes and hides'),
    judge: judgeReading,
  },
  {
    id: 'layers-mended',
    exercise: 'repair',
    points: 1,
    isBlackBox: false,
    claim: sentence('the manifest names the layers of the config again, bottom first'),
    judge: judgeRepair,
  },
]

/** The commands of the exercise. */
const predicted = `
  rm /bin/vi
  chmod 600 /etc/passwd
  echo x > /tmp/x; rm /tmp/x
  rm -r /var; mkdir /var; touch /var/new`

async function judgePrediction({ run, ask }: Bench): Promise<Finding | undefined> {
  const did = sentence('a container ran the commands; the reference made a layer of what it wrote')
  const box = await run({ script: predicted, then: 'true' })
  const early = await notStarted(did, box)
  if (early || !box.disk) return early
  const facts = await upperFacts(stackIn(box.disk.dir))
  const wanted = layerEntries(facts).map(({ path }) => path)
  const seen = seePrediction(wanted, await ask(answers, 'predictedPaths'))
  return seen && { did, ...seen }
}

async function judgeReading({ word, ask }: Bench): Promise<Finding | undefined> {
  const far = `srv-${word}/${'a/long/way/'.repeat(8)}down`
  const all: (Effect & { header: Buffer })[] = [
    { does: 'puts', path: `etc/motd-${word}`, header: ustar('etc', `motd-${word}`) },
    { does: 'puts', path: `srv-${word}`, header: ustar('', `srv-${word}/`) },
    { does: 'deletes', path: `bin/vi-${word}`, header: ustar('', `bin/.wh.vi-${word}`) },
    { does: 'deletes', path: `top-${word}`, header: ustar('', `.wh.top-${word}`) },
    { does: 'hides', path: `var/${word}`, header: ustar('', `var/${word}/.wh..wh..opq`) },
    { does: 'puts', path: `${far}/文件-${word}`, header: ustar(far, `文件-${word}`) },
    { does: 'deletes', path: `${far}/old`, header: ustar(far, '.wh.old') },
    { does: 'puts', path: 'x'.repeat(100), header: ustar('', 'x'.repeat(100)) },
  ]
  const places = shuffled([...all.keys()])
  const wanted = all.map(({ does, path }) => ({ does, path }))
  const headers = places.map((at) => all[at]?.header.toString('hex'))
  const n = all.length
  const did = sentence('gave effectsOf the headers of a fresh layer: {n} entries', { n })
  const answer = await ask(answers, 'effectsOf', headers)
  const found: unknown[] = Array.isArray(answer) ? answer : []
  // In the order of `all`, so that the same mistake is always found at the same entry.
  const inOrder = found.length === n ? all.map((_, at) => found[places.indexOf(at)]) : found
  const seen = seeEffects(wanted, inOrder)
  return seen && { did, ...seen }
}

/** A header with both of its fields for the path, whether or not one would do. */
function ustar(prefix: string, name: string): Buffer {
  const header = tarHeader({ ...emptyFile('x'), mtimeNs: 0n, xattrs: [] })
  const put = (text: string, [offset, width]: readonly [number, number]) =>
    header.fill(0, offset, offset + width).write(text, offset, width)
  put(name, fields.name)
  put(prefix, fields.prefix)
  put(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, fields.checksum)
  return header
}

async function judgeRepair({ word, ask }: Bench): Promise<Finding | undefined> {
  const [bottom, middle, top, foreign] = ['a', 'b', 'c', 'd'].map((name) => blobOf(name + word))
  const blobs = [bottom, middle, top, foreign] as MeasuredBlob[]
  const whole = [bottom, middle, top, middle] as MeasuredBlob[]
  const diffIds = whole.map(({ diffId }) => diffId)
  const wanted = whole.map(({ diffId: _, ...descriptor }) => descriptor)
  const [one, two, three] = wanted as [Layer, Layer, Layer]
  const wrong = [{ ...three, size: three.size + 1 }, { ...two, digest: diffIds[1] }, one, one]
  const did = sentence('gave mendedLayers a manifest of {n} layers: {digests}', {
    n: wrong.length,
    digests: listed(wrong.map(({ digest = '' }) => digest.slice(7, 19))),
  })
  const found = await ask(answers, 'mendedLayers', wrong, diffIds, shuffled(blobs))
  const seen = seeLayers({ wanted, blobs, diffIds }, found)
  return seen && { did, ...seen }
}

type Layer = Omit<MeasuredBlob, 'diffId'>

/** A real blob: an archive with one file, compressed. */
function blobOf(name: string): MeasuredBlob {
  const content = randomBytes(512).toString('hex')
  const entry = { ...emptyFile(name), size: content.length, mtimeNs: 0n, xattrs: [] }
  const archive = Buffer.concat([tarHeader(entry), Buffer.from(content), tarEnd])
  const blob = gzipSync(archive)
  const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const mediaType = mediaTypes.gzipLayer
  return { mediaType, digest: digestOf(blob), size: blob.length, diffId: digestOf(archive) }
}

function shuffled<T>(all: T[]): T[] {
  return all
    .map((each) => [Math.random(), each] as const)
    .sort(([a], [b]) => a - b)
    .map(([, each]) => each)
}
