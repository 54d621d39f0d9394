/** Tests: what others wrote into the store becomes no path, stops no list, is not waited for. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { blobPath } from '../../runtime/05-commit/store/blobs.ts'
import { listImages } from '../../runtime/05-commit/store/images.ts'
import { removeImage } from '../../runtime/05-commit/store/remove-image.ts'
import { layerDir, readIndex, resolve } from '../../runtime/05-commit/store/store.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { start } from '../../test/stepbox.ts'
import { blobFile, putImage, putIndex, rootWith, sha256, tarOf } from './handmade.ts'

const tar = tarOf({ 'etc/': '', 'etc/motd': 'hello\n' })
const hex = sha256(tar).slice('sha256:'.length)
const none = () => []

const unsoundDigests: [what: string, digest: unknown][] = [
  ['that climbs', 'sha256:../../../precious'],
  ['that climbs after 64 digits', `sha256:${hex}/../../../../precious`],
  ['with a newline at its end', `sha256:${hex}\n`],
  ['in upper case', `sha256:${hex.toUpperCase()}`],
  ['of 63 digits', `sha256:${hex.slice(1)}`],
  ['of another algorithm', `sha512:${hex}${hex}`],
  ['that is empty', ''],
  ['that is no text', { toString: 1 }],
  ['that is missing', undefined],
]

test.each(unsoundDigests)('no path is made of a digest %s', (_, digest) => {
  expect(() => blobPath('/root', digest as string)).toThrow('not a sha256 digest')
  expect(() => layerDir('/root', digest as string)).toThrow('not a sha256 digest')
})

/** A store in a fresh directory, with the image `app:v1` and this entry in the index. */
function rootBeside(entry: unknown): string {
  const root = join(scratch(), 'root')
  const image = putImage(root, { tars: [tar] })
  putIndex(root, { 'app:v1': image })
  const path = join(root, 'index.json')
  const index = JSON.parse(readFileSync(path, 'utf8')) as { manifests: object[] }
  writeFileSync(path, JSON.stringify({ ...index, manifests: [entry, ...index.manifests] }))
  return root
}

const ref = 'org.opencontainers.image.ref.name'
const mediaType = 'application/vnd.oci.image.manifest.v1+json'
const sound = { mediaType, digest: sha256('x'), size: 1 }

describe('an entry of the index', () => {
  for (const [name, digest] of unsoundDigests)
    test(`with a digest ${name} is dropped, and nothing else`, async (context) => {
      needs(context, 'root')
      const root = rootBeside({ ...sound, digest, annotations: { [ref]: 'bad:v1' } })
      mkdirSync(join(root, '../precious'))
      const blobs = readdirSync(join(root, 'blobs/sha256'))
      expect(await removeImage(root, 'bad:v1', none)).toEqual([{ untagged: 'bad:v1' }])
      expect(existsSync(join(root, '../precious'))).toBe(true)
      expect(readdirSync(join(root, 'blobs/sha256'))).toEqual(blobs)
      expect(readIndex(root).manifests).toHaveLength(1)
    })

  const unsound: [what: string, entry: unknown][] = [
    ['that is null', null],
    ['that is a number', 7],
    ['that is a list', [sound]],
    ['without anything', {}],
    ['of a negative size', { ...sound, size: -1 }],
    ['of half a byte', { ...sound, size: 0.5 }],
    ['of a size beyond all files', { ...sound, size: 2 ** 60 }],
    ['of a size in words', { ...sound, size: '1' }],
    ['with a list as media type', { ...sound, mediaType: [mediaType] }],
    ['with annotations that are a list', { ...sound, annotations: ['x'] }],
    ['with an annotation that is an object', { ...sound, annotations: { [ref]: { toString: 1 } } }],
    ['with a name that climbs', { ...sound, annotations: { [ref]: '../../etc' } }],
    ['with a name for the shell', { ...sound, annotations: { [ref]: "x'; touch hacked; '" } }],
    ['with a name for the terminal', { ...sound, annotations: { [ref]: '\x1b]0;x\x07\n' } }],
  ]
  for (const [name, entry] of unsound)
    test(`${name} is told of and removed by digits; the others stay`, async (context) => {
      needs(context, 'root')
      const root = rootBeside(entry)
      const { images, damaged } = listImages(root)
      expect(images.map(({ repository }) => repository)).toEqual(['app'])
      const [{ message = '' } = {}, ...more] = damaged
      const [, word = ''] = /^image '([0-9a-f]{12})' is damaged\n/.exec(message) ?? []
      expect(more).toEqual([])
      expect(message).toContain(`\n  remove it with 'stepbox rmi ${word}' and make it again`)
      await removeImage(root, word, none)
      expect(listImages(root).damaged).toEqual([])
      expect(resolve(root, 'app:v1').names).toEqual(['app:v1'])
    })

  test('with the digest of a blob of another image leaves that image whole', async (context) => {
    needs(context, 'root')
    const root = rootBeside(null)
    const { layers, manifest } = resolve(root, 'app:v1')
    const [layer] = layers
    putIndex(root, { 'app:v1': manifest, 'thief:v1': { ...manifest, ...layer, mediaType } })
    await removeImage(root, 'thief:v1', none)
    expect(existsSync(blobFile(root, layer?.digest ?? ''))).toBe(true)
  })
})

describe('index.json', () => {
  const manifests = '"manifests":[]'
  const cases: Record<string, [text: string, why: string]> = {
    'without a list': ['{"schemaVersion":2,"manifests":{}}', 'has no list of manifests'],
    'that is null': ['null', 'is not a JSON object'],
    'nested too deep to be written again': [
      `{"schemaVersion":2,${manifests},"x":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
      'is nested more than 64 levels deep',
    ],
  }
  for (const [name, [text, why]] of Object.entries(cases))
    test(`${name} is refused in words`, () => {
      const root = rootWith({ tars: [tar] })
      writeFileSync(join(root, 'index.json'), text)
      expect(() => readIndex(root)).toThrow(`the image store is damaged: ${root}/index.json ${why}`)
    })

  test('of a gigabyte is not read', () => {
    const root = rootWith({ tars: [tar] })
    truncateSync(join(root, 'index.json'), 2 ** 30)
    expect(() => readIndex(root)).toThrow('is 1073741824 bytes long; at most')
  })

  const version = (value: unknown) => JSON.stringify({ imageLayoutVersion: value })
  test.each(['null', version('2.0.0'), version({ toString: 1 }), ''])(
    'is not looked at in a layout of another version: %s',
    (layout) => {
      const root = rootWith({ tars: [tar] })
      writeFileSync(join(root, 'oci-layout'), layout)
      expect(() => readIndex(root)).toThrow(`the image store is damaged: ${root}/oci-layout is`)
    },
  )
})

describe('a config', () => {
  const wrong: [field: string, config: object][] = [
    ['created', { created: { toString: 1 } }],
    ['author', { author: 7 }],
    ['history', { history: {} }],
    ['created_by', { history: [{ created_by: ['x'] }] }],
    ['comment', { history: [{ comment: {} }] }],
    ['empty_layer', { history: [{ empty_layer: 'yes' }] }],
    ['config', { config: [] }],
    ['Env', { config: { Env: 'A=1' } }],
    ['Env', { config: { Env: [1] } }],
    ['Cmd', { config: { Cmd: 'sh' } }],
    ['Entrypoint', { config: { Entrypoint: [null] } }],
    ['User', { config: { User: 0 } }],
    ['WorkingDir', { config: { WorkingDir: ['/'] } }],
    ['Labels', { config: { Labels: { a: 1 } } }],
    ['ExposedPorts', { config: { ExposedPorts: [] } }],
  ]
  test.each(wrong)('with a %s of another type is named, and the list goes on', (field, config) => {
    const root = scratch()
    const bad = putImage(root, { tars: [tar], config })
    putIndex(root, { 'bad:v1': bad, 'app:v1': putImage(root, { tars: [tar] }) })
    const { images, damaged } = listImages(root)
    expect(images.map(({ repository }) => repository)).toEqual(['app'])
    expect(damaged[0]?.message).toContain(` has a malformed ${field}\n`)
  })

  test('with null in place of what is absent is as good as any', () => {
    const nothing = { created: null, author: null, history: null, config: null }
    const root = rootWith({ tars: [tar], config: nothing })
    expect(listImages(root).images).toMatchObject([{ repository: 'app', created: '' }])
  })
})

describe('in place of a file of the store', () => {
  const things: Record<string, (path: string) => void> = {
    'a fifo': (path) => void execFileSync('mkfifo', [path]),
    'a link to a device': (path) => symlinkSync('/dev/zero', path),
    'a directory': (path) => mkdirSync(path),
    'a device': (path) => void execFileSync('mknod', [path, 'c', '1', '5']),
  }
  const files: Record<string, (root: string) => string> = {
    'index.json': (root) => join(root, 'index.json'),
    'oci-layout': (root) => join(root, 'oci-layout'),
    'the manifest': (root) => blobFile(root, resolve(root, 'app:v1').manifest.digest),
    'the config': (root) => blobFile(root, resolve(root, 'app:v1').id),
  }
  for (const [thing, make] of Object.entries(things))
    test(`${thing} is refused at once`, async (context) => {
      needs(context, 'root')
      for (const at of Object.values(files)) {
        const root = rootWith({ tars: [tar] })
        const path = at(root)
        unlinkSync(path)
        make(path)
        const images = start(['images'], { root })
        const patience = setTimeout(() => images.process.kill('SIGKILL'), 20_000)
        const { code, err } = await images.ended
        clearTimeout(patience)
        expect([code, err]).toEqual([1, expect.stringContaining('is not a regular file')])
      }
    })

  for (const [thing, make] of Object.entries(things))
    test(`${thing} as a layer's blob hides no image, and nothing waits for it`, (context) => {
      needs(context, 'root')
      const root = rootWith({ tars: [tar] })
      const path = blobFile(root, resolve(root, 'app:v1').layers[0]?.digest ?? '')
      unlinkSync(path)
      make(path)
      expect(listImages(root)).toMatchObject({ images: [{ sizeBytes: 0 }], damaged: [] })
    })
})
