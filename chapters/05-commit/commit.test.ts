/** Tests: a write layer becomes an image that says where it comes from. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { commit, type CommitOptions } from '../../runtime/05-commit/commit.ts'
import { historyOf, listImages } from '../../runtime/05-commit/store/images.ts'
import { layerDirs } from '../../runtime/05-commit/layer/dirs.ts'
import { perform } from '../../runtime/native.ts'
import { stepOf } from '../../runtime/step.ts'
import type { Image } from '../../runtime/05-commit/store/image.ts'
import { imageWithManifest, resolve } from '../../runtime/05-commit/store/store.ts'
import type { Stack } from '../../runtime/04-overlay/stack.ts'
import { needs } from '../../test/scratch.ts'
import { blobFile, rootWith, sha256, tarOf } from './handmade.ts'

const created = '2024-05-06T07:08:09Z'
const base = tarOf({ 'etc/': '', 'etc/motd': 'hello\n', 'www/': '', 'www/index.html': '<p>old' })

/** A root with the image `app:v1`, and a container on it that wrote nothing yet. */
async function container(): Promise<{ root: string; image: Image; stack: Stack }> {
  const root = rootWith({ tars: [base], config: { author: 'Ann' } })
  const image = resolve(root, 'app:v1')
  const lowers = await layerDirs(root, image)
  const stack: Stack = { upper: join(root, 'upper'), lowers, init: join(root, 'init') }
  mkdirSync(stack.upper)
  mkdirSync(join(root, 'init'))
  return { root, image, stack }
}

/** What a learner does in the chapter: a new page, and a file of the image deleted. */
async function changePages({ upper }: Stack): Promise<void> {
  mkdirSync(join(upper, 'www'))
  writeFileSync(join(upper, 'www/index.html'), '<p>new page')
  mkdirSync(join(upper, 'etc'))
  const whiteout = stepOf(5)(['mknod', join(upper, 'etc/motd'), 'S_IFCHR', 0, 0, 0], 'deleted')
  await perform([whiteout])
}

function options(from: { image: Image; stack: Stack }, more = {}): CommitOptions {
  return { ...from, name: 'app:v2', created, command: ['sh', '-c', 'edit'], ...more }
}

describe('the new image', () => {
  test('has the layers of the old one and one more, and both are there', async (context) => {
    needs(context, 'root')
    const { root, ...from } = await container()
    await changePages(from.stack)
    const made = await commit(root, options(from))
    expect(resolve(root, 'app:v2')).toEqual(made)
    expect(resolve(root, 'app:v1')).toEqual(from.image)
    expect(made.layers.slice(0, -1)).toEqual(from.image.layers)
    const tar = gunzipSync(readFileSync(blobFile(root, made.layers.at(-1)?.digest ?? '')))
    expect(sha256(tar)).toBe(made.layers.at(-1)?.diffId)
    expect(execFileSync('tar', ['-t'], { input: tar, encoding: 'utf8' }).split('\n')).toEqual(
      expect.arrayContaining(['etc/.wh.motd', 'www/index.html']),
    )
    expect(readdirSync(join(root, 'tmp'))).toEqual([])
  })

  test('tells its history, and keeps the old configuration', async (context) => {
    needs(context, 'root')
    const { root, ...from } = await container()
    await changePages(from.stack)
    const more = { author: 'Bob', message: 'pages', changes: ['ENV A=1', 'CMD ["httpd"]'] }
    const { id, config } = await commit(root, options(from, more))
    expect(config).toMatchObject({ created, author: 'Bob', architecture: 'amd64', os: 'linux' })
    expect(config.config).toEqual({ Cmd: ['httpd'], Env: ['A=1'] })
    expect(config.history).toEqual([
      { created: '2020-01-01T00:00:00Z', created_by: 'step 0' },
      { created, created_by: 'sh -c edit', author: 'Bob', comment: 'pages' },
    ])
    const [newest] = historyOf(root, resolve(root, id))
    expect(newest).toMatchObject({ id, createdBy: 'sh -c edit', sizeBytes: 11, comment: 'pages' })
  })

  test('has no author when none is named: the old one did not make it', async (context) => {
    needs(context, 'root')
    const { root, ...from } = await container()
    await changePages(from.stack)
    const { config } = await commit(root, options(from))
    expect('author' in config).toBe(false)
  })

  test('starts as the container did, when that is given', async (context) => {
    needs(context, 'root')
    const { root, ...from } = await container()
    const config = { Cmd: ['top'], Env: ['B=2'] }
    const made = await commit(root, options(from, { config, changes: ['USER 1'] }))
    expect(made.config.config).toEqual({ ...config, User: '1' })
  })

  test('has the same size before it was ever unpacked, and after', async (context) => {
    needs(context, 'root')
    const { root, ...from } = await container()
    await changePages(from.stack)
    const made = await commit(root, options(from))
    const size = () => listImages(root).images.find(({ tag }) => tag === 'v2')?.sizeBytes
    expect(size()).toBe('hello\n<p>old<p>new page'.length)
    await layerDirs(root, made)
    for (const name of readdirSync(join(root, 'layers')).filter((name) => name.endsWith('.size')))
      writeFileSync(join(root, 'layers', name), '')
    expect(size()).toBe('hello\n<p>old<p>new page'.length)
  })

  test('takes a name from another, which stays', async (context) => {
    needs(context, 'root')
    const { root, ...from } = await container()
    await changePages(from.stack)
    const made = await commit(root, options(from, { name: 'app:v1' }))
    expect(resolve(root, 'app:v1').id).toBe(made.id)
    const { digest } = from.image.manifest
    expect(imageWithManifest(root, digest)).toMatchObject({ id: from.image.id, names: [] })
    expect(resolve(root, from.image.id).manifest.digest).toBe(digest)
  })
})

describe('committing', () => {
  test('the same write layer twice gives the same digests', async (context) => {
    needs(context, 'root')
    const { root, ...from } = await container()
    await changePages(from.stack)
    const first = await commit(root, options(from))
    const second = await commit(root, options(from, { name: 'again:v1' }))
    const other = { name: 'x:v1', created: '2025-01-01T00:00:00Z' }
    const later = await commit(root, options(from, other))
    expect(second.manifest.digest).toBe(first.manifest.digest)
    expect(later.manifest.digest).not.toBe(first.manifest.digest)
    expect(later.layers).toEqual(first.layers)
    const header = readFileSync(blobFile(root, first.layers[1]?.digest ?? '')).subarray(0, 10)
    expect(header.toString('hex')).toBe('1f8b0800000000000003')
  })

  test('nothing adds a line to the history and no layer, as with Docker', async (context) => {
    needs(context, 'root')
    const { root, ...from } = await container()
    const made = await commit(root, options(from, { changes: ['CMD ["top"]'] }))
    expect(made.layers).toEqual(from.image.layers)
    expect(made.config.history?.at(-1)).toMatchObject({ empty_layer: true })
    expect(made.id).not.toBe(from.image.id)
  })

  test('with a bad name or change writes nothing', async (context) => {
    needs(context, 'root')
    const { root, ...from } = await container()
    const before = readdirSync(root, { recursive: true })
    await expect(commit(root, options(from, { name: 'App' }))).rejects.toThrow('lower case')
    const wrong = options(from, { changes: ['RUN make'] })
    await expect(commit(root, wrong)).rejects.toThrow("invalid change 'RUN make'")
    expect(readdirSync(root, { recursive: true })).toEqual(before)
  })

  test('leaves a socket out, and says so', async (context) => {
    needs(context, 'root')
    const { root, ...from } = await container()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(from.stack.upper, 'sock'), resolve))
    onTestFinished(() => void server.close())
    const skipped: string[] = []
    const onSkipped = (path: string) => void skipped.push(path)
    const made = await commit(root, options(from, { onSkipped }))
    expect(skipped).toEqual(['sock'])
    expect(made.layers).toHaveLength(1)
  })
})
