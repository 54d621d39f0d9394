/** Tests: the image store believes no name, no size and no digest. */
import { appendFileSync, readFileSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mediaTypes } from '../../runtime/05-commit/store/oci.ts'
import { imageName, parseReference } from '../../runtime/05-commit/store/reference.ts'
import { resolve } from '../../runtime/05-commit/store/store.ts'
import { scratch } from '../../test/scratch.ts'
import { blobFile, putBlob, putImage, putIndex, rootWith, sha256, tarOf } from './handmade.ts'

const tar = tarOf({ 'etc/': '', 'etc/motd': 'hello\n' })

describe('names', () => {
  test.each([
    ['busybox', { repository: 'busybox' }],
    ['team/app:1.0', { repository: 'team/app', tag: '1.0' }],
    ['localhost:5000/a__b/c--d:x_Y', { repository: 'localhost:5000/a__b/c--d', tag: 'x_Y' }],
    ['docker.io/library/busybox', { repository: 'busybox' }],
    ['docker.io/team/app', { repository: 'team/app' }],
    ['index.docker.io/library/busybox:1', { repository: 'busybox', tag: '1' }],
    ['library/busybox', { repository: 'busybox' }],
    ['library/team/app', { repository: 'library/team/app' }],
    [`app@${sha256('')}`, { repository: 'app', digest: sha256('') }],
    ['Reg.example.com/app', { repository: 'Reg.example.com/app' }],
  ])('%s is taken apart as Docker does', (text, parts) => {
    expect(parseReference(text)).toEqual(parts)
  })

  test.each([
    ['', 'the name is empty'],
    [':v1', 'the name is empty'],
    ['Foo', 'the name must be lower case'],
    ['team/App', 'the name must be lower case'],
    ['a..b', 'a name is a-z and 0-9'],
    ['-a', 'a name is a-z and 0-9'],
    ['a/', 'a name is a-z and 0-9'],
    ['../etc', 'a name is a-z and 0-9'],
    ['a b', 'a name is a-z and 0-9'],
    ['app:', 'a tag is letters'],
    ['app:.x', 'a tag is letters'],
    ['app:a:b', 'a tag is letters'],
    [`app:${'x'.repeat(129)}`, 'the tag is longer than 128'],
    ['x'.repeat(256), 'the name is longer than 255'],
    ['a'.repeat(64), '64 hexadecimal digits'],
    ['app@sha256:abc', 'a digest is sha256:'],
  ])('%s is refused with the reason', (text, why) => {
    expect(() => parseReference(text)).toThrow(`invalid reference '`)
    expect(() => parseReference(text)).toThrow(why)
  })

  test('an image without a tag is called latest', () => {
    expect(imageName('busybox')).toBe('busybox:latest')
    expect(() => imageName(`busybox@${sha256('')}`)).toThrow('a digest cannot be chosen')
  })
})

describe('an image is found', () => {
  test('by its name, by name and digest, and by the beginning of its id', () => {
    const root = scratch()
    const descriptor = putImage(root, { tars: [tar] })
    putIndex(root, { 'app:latest': descriptor, 'app:v1': descriptor })
    const image = resolve(root, 'app')
    expect(image.names).toEqual(['app:latest', 'app:v1'])
    for (const text of ['app:v1', `app@${descriptor.digest}`, image.id, image.id.slice(7, 11)])
      expect(resolve(root, text).id).toBe(image.id)
    expect(image.layers.map(({ diffId }) => diffId)).toEqual([sha256(tar)])
  })

  test('by its name first, when that could be the beginning of an id too', () => {
    const root = scratch()
    const [a, b] = [putImage(root, { tars: [] }), putImage(root, { tars: [tar] })]
    putIndex(root, { 'a:latest': a })
    const start = resolve(root, 'a').id.slice(7, 13)
    putIndex(root, { 'a:latest': a, [`${start}:latest`]: b })
    expect(resolve(root, start).names).toEqual([`${start}:latest`])
  })

  test('under the name that another tool gave it, without a tag', () => {
    const root = scratch()
    putIndex(root, { v1: putImage(root, { tars: [tar] }) })
    expect(resolve(root, 'v1').name).toBe('v1')
  })

  test('never by an id that several images share', () => {
    const root = scratch()
    const many = Array.from({ length: 17 }, (_, at) => {
      return [`n${at}:v1`, putImage(root, { tars: [], config: { author: `${at}` } })] as const
    })
    putIndex(root, Object.fromEntries(many))
    const digits = many.map(([name]) => resolve(root, name).id.slice(7, 8))
    const twice = digits.find((digit, at) => digits.indexOf(digit) !== at) ?? ''
    expect(() => resolve(root, twice)).toThrow(`'${twice}' is the beginning of several image ids`)
  })

  test('or its absence is told together with what there is', () => {
    const root = rootWith({ tars: [tar] })
    expect(() => resolve(root, 'foo')).toThrow(/^no image named 'foo'; have: app:v1$/)
    expect(() => resolve(root, 'app')).toThrow(/^no image named 'app'; have: app:v1$/)
    expect(() => resolve(root, '0')).toThrow(/^no image named '0'; have: app:v1$/)
    expect(() => resolve(scratch(), 'foo')).toThrow(/^no image named 'foo'; there are none$/)
    expect(() => resolve(join(root, 'nowhere'), 'foo')).toThrow('there are none')
  })
})

describe('a damaged document', () => {
  const harm: Record<string, (file: string) => void> = {
    'with another byte': (file) => {
      const bytes = readFileSync(file)
      bytes[20] = (bytes[20] ?? 0) ^ 1
      writeFileSync(file, bytes)
    },
    'that is cut short': (file) => truncateSync(file, 30),
    'with a byte more': (file) => appendFileSync(file, ' '),
    'that is missing': unlinkSync,
  }
  const cases = Object.keys(harm).flatMap((how) => [`manifest ${how}`, `config ${how}`])

  test.each(cases)('%s is named, and other images stay usable', (which) => {
    const root = scratch()
    const app = putImage(root, { tars: [tar] })
    putIndex(root, { 'app:v1': app, 'other:v1': putImage(root, { tars: [] }) })
    const [what = '', ...how] = which.split(' ')
    const digest = what === 'manifest' ? app.digest : resolve(root, 'app:v1').id
    harm[how.join(' ')]?.(blobFile(root, digest))
    expect(() => resolve(root, 'app:v1')).toThrow(
      new RegExp(`^image 'app:v1' is damaged\n  ${what} ${digest} .*\n  remove it with .* rmi`),
    )
    expect(resolve(root, 'other:v1').name).toBe('other:v1')
  })

  test('with a digest that is a path reads no other file', () => {
    const root = scratch()
    const bad = { ...putImage(root, { tars: [] }), digest: 'sha256:../../../../etc/passwd' }
    putIndex(root, { 'app:v1': bad })
    expect(() => resolve(root, 'app:v1')).toThrow('a digest that is not sha256')
  })

  test('in index.json stops everything, and says where', () => {
    const root = rootWith({ tars: [tar] })
    for (const text of ['', '{"schemaVersion":2', '[]', '{"schemaVersion":2,"manifests":{}}']) {
      writeFileSync(join(root, 'index.json'), text)
      expect(() => resolve(root, 'app:v1')).toThrow(
        `the image store is damaged: ${join(root, 'index.json')}`,
      )
    }
  })
})

/** CVE-2021-41190: documents that two readers would read differently. */
describe('an ambiguous document is refused:', () => {
  test('a manifest that is an index too', () => {
    const root = rootWith({ tars: [tar],  manifest: { manifests: [] } })
    expect(() => resolve(root, 'app:v1')).toThrow('is a manifest and an index at once')
  })

  test('a manifest that calls itself an index', () => {
    const root = rootWith({ tars: [tar],  manifest: { mediaType: mediaTypes.index } })
    expect(() => resolve(root, 'app:v1')).toThrow(`has the mediaType ${mediaTypes.index}`)
  })

  test('an index that is a manifest too', () => {
    const root = scratch()
    putIndex(root, {}, { layers: [] })
    expect(() => resolve(root, 'app:v1')).toThrow('is an index and a manifest at once')
  })

  test('an entry of the index with the media type of something else', () => {
    const root = scratch()
    const descriptor = { ...putImage(root, { tars: [tar] }), mediaType: mediaTypes.index }
    putIndex(root, { 'app:v1': descriptor })
    expect(() => resolve(root, 'app:v1')).toThrow(
      `has the mediaType ${mediaTypes.manifest}, not ${mediaTypes.index}`,
    )
  })

  test('fewer or more diff ids than layers', () => {
    for (const diff_ids of [[], [sha256(tar), sha256(tar)]]) {
      const root = rootWith({ tars: [tar],  config: { rootfs: { type: 'layers', diff_ids } } })
      expect(() => resolve(root, 'app:v1')).toThrow(`has ${diff_ids.length} diff ids for 1 layers`)
    }
  })

  test('a configuration whose fields are of another kind', () => {
    for (const config of [{ Cmd: 'sh' }, { Env: [1] }, { User: 0 }, { Labels: { a: 1 } }]) {
      const root = rootWith({ tars: [tar],  config: { config } })
      expect(() => resolve(root, 'app:v1')).toThrow(`has a malformed ${Object.keys(config)[0]}`)
    }
  })
})

test('an entry that cannot be read leaves the others alone', () => {
  const root = scratch()
  const strange = { mediaType: 'x', digest: `sha512:${'0'.repeat(128)}`, size: 1 }
  const nested = putBlob(root, mediaTypes.index, { schemaVersion: 2, manifests: [] })
  putIndex(root, { 'app:v1': putImage(root, { tars: [tar] }), strange, 'all:v1': nested })
  const { id } = resolve(root, 'app:v1')
  expect(resolve(root, id.slice(7, 19)).name).toBe('app:v1')
  expect(() => resolve(root, 'strange')).toThrow('a digest that is not sha256')
  expect(() => resolve(root, 'all:v1')).toThrow('is not an image that can run')
})
