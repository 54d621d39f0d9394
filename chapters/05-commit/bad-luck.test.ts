/** Tests: a commit that is large, is killed, or meets a full disk. */
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { stageLayer } from '../../runtime/05-commit/layer/blob.ts'
import { resolve } from '../../runtime/05-commit/store/store.ts'
import { ownProgram } from '../../test/own-program.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { putImage, putIndex, sha256 } from './handmade.ts'

interface Committing {
  root: string
  upper: string
  /** Run before it. */
  shell?: string
}

/** Commit what is in `upper` as each of `names`, in a separate process. */
function committing({ root, upper, shell = 'true' }: Committing, ...names: string[]) {
  const program = ownProgram('chapters/05-commit/committing.ts', root, upper, ...names)
  const args = ['-m', 'sh', '-ec', `${shell}; exec "$@"`, 'sh', process.execPath, ...program]
  const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function linesOf(child: ChildProcessByStdio<null, Readable, null>): Promise<string[]> {
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) lines.push(line)
  return lines
}

function rootWithApp(): string {
  const root = scratch()
  putIndex(root, { 'app:v1': putImage(root, { tars: [] }) })
  return root
}

const mebibyte = Buffer.alloc(2 ** 20, 'stepbox')

function writeLarge(path: string, mebibytes: number): void {
  writeFileSync(path, '')
  for (let at = 0; at < mebibytes; at++) writeFileSync(path, mebibyte, { flag: 'a' })
}

test('a layer of 200 MB takes no more memory than one of 50', async (context) => {
  needs(context, 'root', 'unshare')
  const root = rootWithApp()
  const upper = scratch()
  writeLarge(join(upper, 'a'), 50)
  const [small = ''] = await linesOf(committing({ root, upper }, 'a:v1'))
  writeLarge(join(upper, 'b'), 150)
  const [large = ''] = await linesOf(committing({ root, upper }, 'b:v1'))
  const kilobytes = [small, large].map((line) => Number(/^done (\d+)$/.exec(line)?.[1]))
  expect(kilobytes[1]).toBeLessThan((kilobytes[0] ?? 0) + 40 * 1024)
}, 60_000)

test('a layer that would pass for a bomb when it is unpacked is not made', async () => {
  async function* zeros() {
    for (let at = 0; at < 8; at++) yield Buffer.alloc(2 ** 20)
  }
  const limit = { floor: 2 ** 20, ratio: 100 }
  const stage = (more: object) => {
    const staging = scratch()
    mkdirSync(join(staging, 'blobs'))
    return stageLayer(staging, zeros(), { isCompressed: true, ...more })
  }
  await expect(stage({ limit })).rejects.toThrow(
    /^8388608 bytes that shrink to \d+ would be refused as a zip bomb$/,
  )
  expect((await stage({})).diffId).toBe(sha256(Buffer.alloc(2 ** 23)))
})

test('a full disk is said in words, and leaves the store as it was', async (context) => {
  needs(context, 'root', 'unshare')
  const root = rootWithApp()
  const upper = scratch()
  writeFileSync(join(upper, 'noise'), randomBytes(3_000_000))
  const copy = scratch()
  const shell = `cp -a ${root}/. ${copy}; mount -t tmpfs -o size=2m none ${root}
    cp -a ${copy}/. ${root}`
  expect(await linesOf(committing({ root, upper, shell }, 'a:v1'))).toEqual([
    `failed: the disk that holds ${root} is full; nothing was changed`,
    'left in tmp: 0',
  ])
})

test('killed in the middle, it leaves the store as it was, for the next', async (context) => {
  needs(context, 'root', 'unshare')
  const root = rootWithApp()
  const upper = scratch()
  mkdirSync(join(upper, 'a'))
  const before = readFileSync(join(root, 'index.json'), 'utf8')
  const blobs = readdirSync(join(root, 'blobs/sha256'))
  spawnSync(process.execPath, ['-e', listenThenEnd, join(upper, 'a/sock')])
  writeLarge(join(upper, 'b'), 100)
  const child = committing({ root, upper }, 'a:v1')
  const { value } = await createInterface(child.stdout)[Symbol.asyncIterator]().next()
  expect(value).toBe('skipped a/sock')
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
  expect(readFileSync(join(root, 'index.json'), 'utf8')).toBe(before)
  expect(readdirSync(join(root, 'blobs/sha256'))).toEqual(blobs)
  expect(readdirSync(join(root, 'tmp'))).toHaveLength(1)
  writeLarge(join(upper, 'b'), 1)
  expect((await linesOf(committing({ root, upper }, 'b:v1')))[1]).toMatch(/^done/)
  expect(readdirSync(join(root, 'tmp'))).toEqual([])
  expect(resolve(root, 'b:v1').layers).toHaveLength(1)
})

/** Leaves a socket behind: it ends without closing it. */
const listenThenEnd = `
  require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))
`
