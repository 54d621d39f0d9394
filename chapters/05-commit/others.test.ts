/** Tests: images as other tools write them are found, chosen, listed, run and removed. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { gzipSync } from 'node:zlib'
import { imageFor } from '../../runtime/05-commit/image-for.ts'
import { layerDirs } from '../../runtime/05-commit/layer/dirs.ts'
import { listImages } from '../../runtime/05-commit/store/images.ts'
import { mediaTypes, type Descriptor } from '../../runtime/05-commit/store/oci.ts'
import { removeImage } from '../../runtime/05-commit/store/remove-image.ts'
import { readIndex, resolve } from '../../runtime/05-commit/store/store.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { blobFile, putBlob, putImage, putIndex, tarOf } from './handmade.ts'

const tar = tarOf({ 'etc/': '', 'etc/motd': 'hello\n' })
const ref = 'org.opencontainers.image.ref.name'
const whole = 'io.containerd.image.name'
const none = () => []

function manifestOf(root: string, architecture: string, more: object = {}): Descriptor {
  return putImage(root, { tars: [tar], config: { architecture, ...more } })
}

/** An index of images by platform, as `os/architecture/variant`; without one, none is said. */
function indexOf(root: string, images: [platform: string, image: Descriptor][]): Descriptor {
  const manifests = images.map(([platform, image]) => {
    const [os, architecture, variant] = platform.split('/')
    return { ...image, ...(platform ? { platform: { os, architecture, variant } } : {}) }
  })
  return putBlob(root, mediaTypes.index, { schemaVersion: 2, manifests })
}

const machine = process.arch === 'arm64' ? 'arm64' : 'amd64'
const foreign = 's390x'

/** What BuildKit says about an image: a manifest for no platform, with a statement as its layer. */
function attestation(root: string, about: Descriptor): Descriptor {
  const layers = [putBlob(root, 'application/vnd.in-toto+json', { predicateType: 'x' })]
  const made = putImage(root, { tars: [], config: { os: 'unknown', architecture: 'unknown' } })
  const { config } = JSON.parse(readFileSync(blobFile(root, made.digest), 'utf8')) as {
    config: Descriptor
  }
  rmSync(blobFile(root, made.digest))
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers }
  return {
    ...putBlob(root, mediaTypes.manifest, manifest),
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': about.digest,
    },
  }
}

describe('of an index for several platforms', () => {
  test('the image for this machine is chosen, wherever it stands, and however deep', () => {
    const root = scratch()
    const ours = manifestOf(root, machine)
    const theirs = manifestOf(root, foreign)
    const inner = indexOf(root, [[`linux/${foreign}`, theirs], [`linux/${machine}`, ours]])
    putIndex(root, { 'app:v1': indexOf(root, [['', inner]]), 'flat:v1': inner })
    for (const name of ['app:v1', 'flat:v1', `flat@${inner.digest}`, `flat@${ours.digest}`])
      expect(resolve(root, name)).toMatchObject({ manifest: { digest: ours.digest } })
  })

  test('that lies open in index.json, as entries of one name, the same is chosen', () => {
    const root = scratch()
    const [ours, theirs] = [manifestOf(root, machine), manifestOf(root, foreign)]
    const entry = (image: Descriptor) => ({ ...image, annotations: { [ref]: 'app:v1' } })
    putIndex(root, {}, { manifests: [entry(theirs), entry(ours)] })
    expect(resolve(root, 'app:v1').manifest.digest).toBe(ours.digest)
    const wanted = { os: 'linux', architecture: foreign }
    expect(resolve(root, 'app:v1', wanted).manifest.digest).toBe(theirs.digest)
  })

  test('without platforms in it, the configs say what each is for', () => {
    const root = scratch()
    const ours = manifestOf(root, machine)
    putIndex(root, { 'app:v1': indexOf(root, [['', manifestOf(root, foreign)], ['', ours]]) })
    expect(resolve(root, 'app:v1').manifest.digest).toBe(ours.digest)
  })

  test('of which only this machine’s part was copied, that part runs', async (context) => {
    needs(context, 'root')
    const root = scratch()
    const [ours, theirs] = [manifestOf(root, machine), manifestOf(root, foreign)]
    putIndex(root, {
      'app:v1': indexOf(root, [[`linux/${foreign}`, theirs], [`linux/${machine}`, ours]]),
    })
    rmSync(blobFile(root, theirs.digest))
    expect(await layerDirs(root, resolve(root, 'app:v1'))).toHaveLength(1)
  })

  test('--platform takes another one, if this machine runs it', async () => {
    const root = scratch()
    const [ours, theirs] = [manifestOf(root, machine), manifestOf(root, foreign)]
    const all = indexOf(root, [[`linux/${machine}`, ours], [`linux/${foreign}`, theirs]])
    putIndex(root, { 'app:v1': all })
    for (const platform of [`linux/${machine}`, machine, 'linux', machine.toUpperCase()]) {
      const { use } = await imageFor(root, 'app:v1', { has: 'layers', platform })
      expect(use.image?.manifest).toBe(ours.digest)
    }
    const asked = { has: 'layers' as const, platform: 'windows/amd64' }
    await expect(imageFor(root, 'app:v1', asked)).rejects.toThrow(
      `--platform windows/amd64: this machine is linux/${machine}, and a container shares its`,
    )
  })

  test('a variant that was asked for is taken, and otherwise the plain one', () => {
    const root = scratch()
    const [plain, v3] = [manifestOf(root, 'amd64'), manifestOf(root, 'amd64', { variant: 'v3' })]
    putIndex(root, { 'app:v1': indexOf(root, [['linux/amd64/v3', v3], ['linux/amd64', plain]]) })
    const wanted = { os: 'linux', architecture: 'amd64' }
    expect(resolve(root, 'app:v1', wanted).manifest.digest).toBe(plain.digest)
    const exact = resolve(root, 'app:v1', { ...wanted, variant: 'v3' })
    expect(exact.manifest.digest).toBe(v3.digest)
  })
})

describe('an image for another machine', () => {
  test('is listed, and run with one line that says what it is for', async () => {
    const root = scratch()
    putIndex(root, { 'app:v1': manifestOf(root, foreign) })
    const lines: string[] = []
    await imageFor(root, 'app:v1', { has: 'layers', warn: (line) => lines.push(line) })
    expect(lines).toEqual([
      `image 'app:v1' is for linux/${foreign}: this machine is linux/${machine}, ` +
        `and no emulator for ${foreign} is registered in binfmt_misc`,
    ])
    expect(listImages(root).images).toHaveLength(1)
  })

  test('is refused if this machine’s was asked for, and says what there is', async () => {
    const root = scratch()
    putIndex(root, { 'app:v1': manifestOf(root, foreign) })
    const asked = { has: 'layers' as const, platform: `linux/${machine}` }
    await expect(imageFor(root, 'app:v1', asked)).rejects.toThrow(
      `image 'app:v1' is for linux/${foreign}, and not for linux/${machine}`,
    )
  })
})

describe('a name', () => {
  const names: [written: Record<string, string>, typed: string[]][] = [
    [{ [ref]: 'docker.io/library/app:v1' }, ['app:v1', 'docker.io/app:v1']],
    [{ [ref]: 'app:v1' }, ['app:v1', 'index.docker.io/library/app:v1', 'library/app:v1']],
    [{ [ref]: 'docker.io/library/app' }, ['app', 'app:latest', 'docker.io/library/app']],
    [{ [whole]: 'docker.io/library/app:v1', [ref]: 'v1' }, ['app:v1', 'docker.io/library/app:v1']],
    [{ [whole]: 'docker.io/team/app:v1', [ref]: 'v1' }, ['team/app:v1', 'docker.io/team/app:v1']],
    [{ [whole]: 'ghcr.io/team/app:v1' }, ['ghcr.io/team/app:v1']],
    [{ [ref]: 'localhost:5000/app' }, ['localhost:5000/app']],
    [{ [ref]: 'latest' }, ['latest']],
  ]
  test.each(names)('%s is found as %s', (annotations, typed) => {
    const root = scratch()
    const image = putImage(root, { tars: [tar] })
    putIndex(root, {}, { manifests: [{ ...image, annotations }] })
    for (const text of typed) expect(resolve(root, text).manifest.digest).toBe(image.digest)
    const repository = (typed[0] ?? '').replace(/:(v1|latest)$/, '')
    expect(resolve(root, `${repository}@${image.digest}`).manifest.digest).toBe(image.digest)
    expect(resolve(root, image.digest.slice(7, 19)).manifest.digest).toBe(image.digest)
  })

  test('with a digest in it is listed without a tag', () => {
    const root = scratch()
    const image = putImage(root, { tars: [tar] })
    putIndex(root, { [`docker.io/library/app@${image.digest}`]: image })
    expect(listImages(root).images).toMatchObject([{ repository: 'app', tag: '<none>' }])
    expect(resolve(root, `app@${image.digest}`).manifest.digest).toBe(image.digest)
  })
})

/** A layout with an image, and with things beside it that are none. */
function layoutWithArtifacts(): { root: string; blobs: string[] } {
  const root = scratch()
  const image = putImage(root, { tars: [tar] })
  const empty = putBlob(root, 'application/vnd.oci.empty.v1+json', {})
  const sbom = putBlob(root, 'application/spdx+json', { spdxVersion: 'SPDX-2.3' })
  const about = { schemaVersion: 2, mediaType: mediaTypes.manifest, config: empty, layers: [sbom] }
  const subject = { mediaType: image.mediaType, digest: image.digest, size: image.size }
  const artifactType = 'application/spdx+json'
  const simple = putBlob(root, 'application/vnd.dev.cosign.simplesigning.v1+json', { critical: {} })
  const signature = putImage(root, { tars: [], manifest: { layers: [simple] } })
  const chart = {
    config: putBlob(root, 'application/vnd.cncf.helm.config.v1+json', { name: 'chart' }),
    layers: [putBlob(root, 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', gzipSync(tar))],
  }
  const old = { mediaType: 'application/vnd.oci.artifact.manifest.v1+json', blobs: [sbom] }
  const stored = (manifest: object) => putBlob(root, mediaTypes.manifest, manifest)
  const named = (name: string, entry: Descriptor) => ({ ...entry, annotations: { [ref]: name } })
  putIndex(root, {}, {
    manifests: [
      named('app:v1', image),
      { ...stored({ ...about, artifactType, subject }), artifactType },
      named(`${image.digest.replace(':', '-')}.sig`, signature),
      named('chart:v1', stored({ schemaVersion: 2, ...chart })),
      named('old:v1', putBlob(root, old.mediaType, old)),
      named('cache:v1', putBlob(root, mediaTypes.index, { schemaVersion: 2, manifests: [sbom] })),
      { ...attestation(root, image), annotations: { 'vnd.docker.reference.type': 'x' } },
    ],
  })
  return { root, blobs: readdirSync(join(root, 'blobs/sha256')) }
}

describe('signatures, charts and lists of contents beside images', () => {
  test('are not listed, and nothing is wrong with them', async () => {
    const { root } = layoutWithArtifacts()
    const { images: found, damaged } = listImages(root)
    expect([found.map(({ repository }) => repository), damaged]).toEqual([['app'], []])
    expect(() => resolve(root, 'chart:v1')).toThrow(
      "'chart:v1' is not an image that can run, but application/vnd.cncf.helm.config.v1+json",
    )
  })

  test('stay whole when an image goes, except what is about it and unnamed', async (context) => {
    needs(context, 'root')
    const { root, blobs } = layoutWithArtifacts()
    await removeImage(root, 'app:v1', none)
    expect(readIndex(root).manifests).toHaveLength(5)
    const left = readdirSync(join(root, 'blobs/sha256'))
    expect(blobs.length - left.length).toBe(4) // manifest, config, layer, the list's manifest
    for (const name of ['chart:v1', 'old:v1', 'cache:v1']) await removeImage(root, name, none)
    expect(readIndex(root).manifests).toHaveLength(2)
  })
})

test('an index with everything in it is removed with all that only it needs', async (context) => {
  needs(context, 'root')
  const root = scratch()
  const other = putImage(root, { tars: [tarOf({ other: '' })] })
  const kept = readdirSync(join(root, 'blobs/sha256'))
  const [ours, theirs] = [manifestOf(root, machine), manifestOf(root, foreign)]
  const parts: [string, Descriptor][] = [[`linux/${machine}`, ours], [`linux/${foreign}`, theirs]]
  const { platform: _, ...statement } = attestation(root, ours)
  putIndex(root, { 'app:v1': indexOf(root, [...parts, ['unknown/unknown', statement]]), other })
  await removeImage(root, 'app:v1', none)
  expect(readdirSync(join(root, 'blobs/sha256')).sort()).toEqual(kept.sort())
})
