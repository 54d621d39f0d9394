/** Tests: many write to one store, some are killed, and nothing acknowledged is lost. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test, vi } from 'vitest'
import { stageLayer } from '../../runtime/05-commit/layer/blob.ts'
import { lock, withLock } from '../../runtime/05-commit/store/lock.ts'
import { mediaTypes } from '../../runtime/05-commit/store/oci.ts'
import { makeBlobStaging, publish, stageDocument } from '../../runtime/05-commit/store/publish.ts'
import { readIndex, resolve } from '../../runtime/05-commit/store/store.ts'
import { tryReadlink } from '../../runtime/files.ts'
import type { ProcessId } from '../../runtime/options.ts'
import { signalTo } from '../../runtime/process.ts'
import { strace } from '../../runtime/strace.ts'
import { treeOf } from '../../test/kills/tree.ts'
import { ownProgram } from '../../test/own-program.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { blobFile, putBlob, putImage, putIndex, sha256, tarOf } from './handmade.ts'

/** Publish an image of one layer, which holds the one file `name`. */
async function publishNamed(root: string, name: string): Promise<void> {
  const staging = makeBlobStaging(root)
  const tar = tarOf({ name })
  const { layer, diffId } = await stageLayer(staging, chunksOf(tar), { isCompressed: true })
  const content = {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [diffId] },
  }
  const config = stageDocument(staging, mediaTypes.config, content)
  const manifest = { schemaVersion: 2 as const, mediaType: mediaTypes.manifest, config }
  await publish(root, staging, { name, manifest: { ...manifest, layers: [layer] } })
  rmSync(staging, { recursive: true })
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

/** Another process of ours; `said` gives what it prints, line by line. */
function program(...args: string[]) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, said: createInterface(child.stdout)[Symbol.asyncIterator]() }
}

async function killed({ child }: { child: ChildProcess }): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

test('a store is made by the first image, readable for others from the start', async (context) => {
  needs(context, 'root')
  const root = join(scratch(), 'new')
  await publishNamed(root, 'a:v1')
  expect(readFileSync(join(root, 'oci-layout'), 'utf8').trim()).toBe(
    '{"imageLayoutVersion":"1.0.0"}',
  )
  expect(resolve(root, 'a:v1').layers).toHaveLength(1)
  expect(readdirSync(join(root, 'tmp'))).toEqual([])
})

test('many writers at once lose no name', async (context) => {
  needs(context, 'root')
  const root = scratch()
  const names = Array.from({ length: 16 }, (_, at) => `n${at}:v1`)
  await Promise.all(names.map((name) => publishNamed(root, name)))
  for (const name of names) expect(resolve(root, name).name).toBe(name)
})

test('the lock is a list of three calls, on a file that was inherited', () => {
  expect(lock().map(({ call }) => strace(call))).toEqual([
    'close_range(4, 4294967295, 0)',
    'prctl(PR_SET_PDEATHSIG, SIGKILL)',
    'flock(0, LOCK_EX)',
  ])
})

test('only one at a time is behind the lock', async (context) => {
  needs(context, 'root')
  const [root, elsewhere] = [scratch(), scratch()]
  let [inside, most] = [0, 0]
  const enter = async () => {
    most = Math.max(most, ++inside)
    await withLock(elsewhere, () => undefined) // long enough for another to come in
    inside--
  }
  await Promise.all([1, 2, 3, 4].map(() => withLock(root, enter)))
  expect(most).toBe(1)
})

test('who kills the program that took the lock does not free it', async (context) => {
  needs(context, 'root')
  const root = scratch()
  let [isFree, next] = [false, Promise.resolve(true)]
  await withLock(root, async () => {
    for (const { id } of treeOf(process.pid)) if (isNative(id)) signalTo(id, 'SIGKILL')
    next = withLock(root, () => (isFree = true))
    await vi.waitFor(() => expect(waiterFor(root)).toBeDefined(), { interval: 5, timeout: 20_000 })
    expect(isFree).toBe(false)
  })
  expect(await next).toBe(true)
})

function isNative({ pid }: ProcessId): boolean {
  return tryReadlink(`/proc/${pid}/exe`)?.startsWith('/memfd:stepbox') ?? false
}

test('the lock of a process that was killed is free', async (context) => {
  needs(context, 'root')
  const root = scratch()
  const holder = program(...ownProgram('chapters/05-commit/holding.ts', root))
  expect((await holder.said.next()).value).toBe('held')
  let isFree = false
  const waiting = withLock(root, () => (isFree = true))
  await withLock(scratch(), () => undefined)
  expect(isFree).toBe(false)
  await killed(holder)
  await waiting
  expect(isFree).toBe(true)
})

/** The process that waits for the flock on `dir` (proc_locks(5)), or undefined. */
function waiterFor(dir: string): number | undefined {
  const waits = new RegExp(`-> FLOCK .* (\\d+) \\w+:\\w+:${statSync(dir).ino} `)
  const pid = waits.exec(readFileSync('/proc/locks', 'utf8'))?.[1]
  return pid === undefined ? undefined : Number(pid)
}

test('a process that waits for the lock ends as soon as its parent is killed', async (context) => {
  needs(context, 'root')
  const root = scratch()
  await withLock(root, async () => {
    const waiting = program(...ownProgram('chapters/05-commit/holding.ts', root))
    await vi.waitFor(() => expect(waiterFor(root)).toBeDefined(), { interval: 5, timeout: 20_000 })
    await killed(waiting)
    await vi.waitFor(() => expect(waiterFor(root)).toBeUndefined(), { interval: 5 })
  })
})

test('a process that waits too long for the lock names its holder', async (context) => {
  needs(context, 'root')
  const root = scratch()
  const { pid } = process
  const late = `cannot lock ${root}: it is held by process ${pid} (`
  await withLock(root, async () => {
    await expect(withLock(root, () => 1, 100)).rejects.toThrow(late)
  })
  expect(await withLock(root, () => 1, 20_000)).toBe(1)
})

test('a lock that cannot be taken says why', async (context) => {
  needs(context, 'root')
  await expect(withLock('/nowhere', () => 1)).rejects.toThrow('cannot lock /nowhere: ENOENT')
})

test('writers that are killed at any moment lose nothing they acknowledged', async (context) => {
  needs(context, 'root')
  const root = scratch()
  await publishNamed(root, 'first:v1')
  for (let round = 0; round < 3; round++) {
    const writer = program(...ownProgram('chapters/05-commit/publishing.ts', root, String(round)))
    const acknowledged: string[] = []
    while (acknowledged.length < 3 + round) acknowledged.push((await writer.said.next()).value)
    await killed(writer)
    for (const name of acknowledged) expect(resolve(root, name).name).toBe(name)
    expect(readdirSync(join(root, 'tmp')).length).toBeGreaterThan(0)
    await publishNamed(root, `after${round}:v1`)
    expect(readdirSync(join(root, 'tmp'))).toEqual([])
    expect(resolve(root, 'first:v1').name).toBe('first:v1')
  }
})

test('what a living process is making is not swept away', async (context) => {
  needs(context, 'root')
  const root = scratch()
  const staging = makeBlobStaging(root)
  const foreign = join(root, 'tmp/rm-123')
  mkdirSync(foreign)
  await publishNamed(root, 'a:v1')
  expect(existsSync(staging)).toBe(true)
  expect(existsSync(foreign)).toBe(true)
})

test('an image that loses its name to another stays, without one', async (context) => {
  needs(context, 'root')
  const root = scratch()
  const [old, other] = [putImage(root, { tars: [] }), putImage(root, { tars: [tarOf({})] })]
  putIndex(root, { 'a:v1': old, 'b:v1': other })
  await publishNamed(root, 'a:v1')
  expect(resolve(root, 'a:v1').manifest.digest).not.toBe(old.digest)
  const { manifests } = readIndex(root)
  expect(manifests.find(({ digest }) => digest === old.digest)).toEqual(old)
})

test('an image without a name is found again when it is given one', async (context) => {
  needs(context, 'root')
  const root = scratch()
  await publishNamed(root, 'a:v1')
  const [{ annotations: _, ...nameless } = putImage(root, { tars: [] })] = readIndex(root).manifests
  putIndex(root, {}, { manifests: [nameless] })
  await publishNamed(root, 'a:v1')
  await publishNamed(root, 'a:v1')
  expect(readIndex(root).manifests.map(({ digest }) => digest)).toEqual([nameless.digest])
})

test('entries of other tools, and what they say beside, survive a write', async (context) => {
  needs(context, 'root')
  const root = scratch()
  const strange = { mediaType: 'x', digest: 'md5:1', size: 1, platform: { os: 'plan9' } }
  const rest = { manifests: [strange], annotations: { made: 'by hand' }, artifactType: 'y' }
  putIndex(root, {}, rest)
  await publishNamed(root, 'a:v1')
  const index = JSON.parse(readFileSync(join(root, 'index.json'), 'utf8')) as typeof rest
  expect(index).toMatchObject({ annotations: rest.annotations, artifactType: 'y' })
  expect(index.manifests[0]).toEqual(strange)
})

test('an image is not named when a layer it stands on is gone', async (context) => {
  needs(context, 'root')
  const root = scratch()
  const staging = makeBlobStaging(root)
  const layer = putBlob(root, mediaTypes.layer, tarOf({}))
  rmSync(blobFile(root, layer.digest))
  const config = stageDocument(staging, mediaTypes.config, {})
  const manifest = { schemaVersion: 2 as const, config, layers: [layer] }
  await expect(publish(root, staging, { name: 'a:v1', manifest })).rejects.toThrow(
    `blob ${layer.digest}, which the image needs, was removed or is damaged`,
  )
  expect(readIndex(root).manifests).toEqual([])
})

test('a damaged blob is made good by whoever writes the same again', async (context) => {
  needs(context, 'root')
  const root = scratch()
  await publishNamed(root, 'a:v1')
  const { digest } = resolve(root, 'a:v1').manifest
  writeFileSync(blobFile(root, digest), 'x')
  await publishNamed(root, 'a:v1')
  expect(sha256(readFileSync(blobFile(root, digest)))).toBe(digest)
})
