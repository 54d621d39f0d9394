/** A write layer as an archive: what was changed is in it, in the same bytes. */
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
} from 'node:fs'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { layerTar } from '../../runtime/05-commit/layer/layer.ts'
import { readTar } from '../../runtime/05-commit/tar/read.ts'
import { perform } from '../../runtime/native.ts'
import type { Call } from '../../runtime/calls.ts'
import { steps } from '../../test/carry-out.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { deepTree, everything, facts, gathered, holed } from '../../test/trees.ts'
import { entries, list, names, shell } from './listing.ts'

test('GNU tar extracts from the archive exactly the tree that it was made of', async (context) => {
  needs(context, 'root', 'gnu-tar')
  const [upper, copy] = [scratch(), scratch()]
  await everything(upper)
  const options = [
    '--xattrs',
    '--xattrs-include=*',
    '--same-owner',
    '--numeric-owner',
    '-xpC',
    copy,
  ]
  execFileSync('tar', options, { input: await gathered(layerTar({ upper, lowers: [] })) })
  const kept = (await facts(upper)).map((line) => line.replace(/ trusted\.\S+/, ''))
  expect((await facts(copy)).slice(1)).toEqual(kept.slice(1))
})

test('a second name is a link to the first, in the order of the archive', async (context) => {
  needs(context, 'root')
  const upper = scratch()
  shell(upper, 'mkdir a b; echo x > b/file; ln b/file c; ln b/file a/z; ln -s x s; ln s t')
  const found = (await entries({ upper, lowers: [] })).filter(({ type }) => type !== 'directory')
  expect(found.map(({ path, type, target, size }) => [path, type, target, size])).toEqual([
    ['a/z', 'file', '', 2],
    ['b/file', 'hardlink', 'a/z', 0],
    ['c', 'hardlink', 'a/z', 0],
    ['s', 'symlink', 'x', 0],
    ['t', 'hardlink', 's', 0],
  ])
})

test('holes are kept where they are worth it', async (context) => {
  needs(context, 'root')
  const upper = scratch()
  const every = (step: number, end: number): [string, number][] =>
    Array.from({ length: end / step }, (_, at) => ['data', at * step])
  await perform(
    steps(
      ...holed(`${upper}/long`, [['x', 2 ** 20]], 2 ** 21),
      ...holed(`${upper}/short`, every(2 ** 15, 2 ** 20), 2 ** 20),
    ),
  )
  const [long, short] = await entries({ upper, lowers: [] })
  expect(long?.extents).toEqual([{ offset: 2 ** 20, length: 4096 }])
  expect(short).not.toHaveProperty('extents')
})

test('attributes that belong to this host are in no archive', async (context) => {
  needs(context, 'root')
  const upper = scratch()
  writeFileSync(`${upper}/file`, '')
  const set = (name: string): Call => ['lsetxattr', `${upper}/file`, name, Buffer.from('x')]
  // A kernel that checks such labels itself may refuse them.
  const tried = (name: string): Call => [
    'lsetxattr_if_held',
    `${upper}/file`,
    name,
    Buffer.from('x'),
  ]
  const names = ['trusted.overlay.origin', 'user.overlay.opaque', 'trusted.other', 'user.overlayed']
  const labels = ['security.selinux', 'security.SMACK64', 'security.ima', 'security.evm']
  await perform(steps(...names.map(set), ...labels.map(tried)))
  const [file] = await entries({ upper, lowers: [] })
  expect(file?.xattrs.map(({ name }) => name)).toEqual(['user.overlayed'])
})

test('an upper directory that is not whole is refused', async (context) => {
  needs(context, 'root')
  const upper = scratch()
  mkdirSync(`${upper}/moved`)
  const redirect = 'trusted.overlay.redirect'
  await perform(steps(['lsetxattr', `${upper}/moved`, redirect, Buffer.from('old')]))
  await expect(list({ upper, lowers: [] })).rejects.toThrow(`has the attribute ${redirect}`)
})

test('what an archive cannot hold is left out, with a word', async (context) => {
  needs(context, 'root')
  const upper = scratch()
  mkdirSync(`${upper}/.wh.dir`)
  for (const name of ['.wh.x', 'a', '.wh.dir/y']) writeFileSync(`${upper}/${name}`, '')
  const server = createServer().listen(`${upper}/socket`)
  const skipped: string[] = []
  const onSkipped = (path: string, why: string) => skipped.push(`${path}: ${why}`)
  const archive = layerTar({ upper, lowers: [] }, { onSkipped })
  expect(names(await gathered(archive))).toEqual(['a'])
  server.close()
  expect(skipped).toEqual([
    '.wh.dir: in an image, .wh. marks a deleted name',
    '.wh.dir/y: in an image, .wh. marks a deleted name',
    '.wh.x: in an image, .wh. marks a deleted name',
    'socket: a socket is of no use without the process that listens on it',
  ])
})

describe('a file that changes while it is read fails the archive', () => {
  const changes: Record<string, (path: string) => void> = {
    'when it grows': (path) => appendFileSync(path, 'more'),
    'when it shrinks': (path) => truncateSync(path, 1_500_000),
    'when it is written to': (path) => writeFileSync(path, 'X', { flag: 'r+' }),
    'when another takes its place': (path) => {
      writeFileSync(`${path}.new`, Buffer.alloc(3_000_000))
      renameSync(`${path}.new`, path)
    },
    'when a symlink takes its place': (path) => {
      rmSync(path)
      symlinkSync('/etc/passwd', path)
    },
    'when a fifo takes its place': (path) => {
      rmSync(path)
      execFileSync('mkfifo', [path])
    },
    'when a socket takes its place': (path) => {
      rmSync(path)
      const server = createServer().listen(path)
      onTestFinished(() => void server.close())
    },
    'when it is gone': (path) => rmSync(path),
  }
  for (const [name, spoil] of Object.entries(changes))
    for (const size of [2000, 3_000_000])
      test(`${name}, of ${size} bytes`, async (context) => {
        needs(context, 'root')
        const upper = scratch()
        writeFileSync(`${upper}/a`, Buffer.alloc(500_000))
        writeFileSync(`${upper}/b`, Buffer.alloc(size))
        const archive = layerTar({ upper, lowers: [] })
        await archive.next()
        spoil(`${upper}/b`)
        await expect(gathered(archive)).rejects.toThrow('/b changed while it was read')
      })
})

test('a file is read from its directory, not through a symlink in its place', async (context) => {
  needs(context, 'root')
  const [upper, outside] = [scratch(), scratch()]
  mkdirSync(`${upper}/z`)
  writeFileSync(`${upper}/first`, Buffer.alloc(300_000))
  for (const [dir, text] of [[`${upper}/z`, 'own'], [outside, 'not']])
    writeFileSync(`${dir}/file`, text ?? '')
  const archive = layerTar({ upper, lowers: [] })
  await archive.next()
  renameSync(`${upper}/z`, `${upper}/was`)
  symlinkSync(outside, `${upper}/z`)
  const rest = (await gathered(archive)).toString('latin1')
  expect([rest.includes('own'), rest.includes('not')]).toEqual([true, false])
})

test('a path longer than PATH_MAX is left out, and said once for all in it', async (context) => {
  needs(context, 'root')
  const upper = scratch()
  const name = 'n'.repeat(255)
  await deepTree(upper, name, 18)
  const skipped: string[] = []
  const onSkipped = (path: string, why: string) => skipped.push(`${path}: ${why}`)
  const found = []
  for await (const { path } of readTar(layerTar({ upper, lowers: [] }, { onSkipped })))
    found.push(path)
  expect(found.length).toBe(16)
  const longest = Array.from({ length: 16 }, () => name).join('/')
  expect([found.at(-1), longest.length]).toEqual([longest, 4095])
  expect(skipped).toEqual([`${longest}/${name}: no program could unpack such a path`])
})

test('a large file passes through in little memory', async (context) => {
  needs(context, 'root')
  const upper = scratch()
  const size = 384 * 2 ** 20
  const data = Array.from({ length: size / 65_536 }, (_, at): [string, number] => [
    'x',
    at * 65_536,
  ])
  await perform(steps(...holed(`${upper}/large`, data, size)))
  const before = process.memoryUsage.rss()
  let [total, most] = [0, 0]
  for await (const { length } of layerTar({ upper, lowers: [] })) {
    total += length
    most = Math.max(most, process.memoryUsage.rss() - before)
  }
  expect(total).toBeGreaterThan(size)
  expect(most / 2 ** 20).toBeLessThan(100)
})
