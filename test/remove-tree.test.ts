/** Tests. Trees are deleted, whatever is in them. */
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { contentSize } from '../runtime/05-commit/store/sizes.ts'
import { toBytes } from '../runtime/bytes.ts'
import { perform } from '../runtime/native.ts'
import { inOpened, openDirectory } from '../runtime/opened.ts'
import { removeTree } from '../runtime/remove-tree.ts'
import { steps } from './carry-out.ts'
import { ownProgram } from './own-program.ts'
import { needs, scratch } from './scratch.ts'

const shapes: [string, (tree: string) => void][] = [
  ['10,000 names of 1,000 files', (tree) => wide(tree, 1000, 10)],
  ['a chain of 500 directories', (tree) => chain(tree, Array<string>(500).fill('d'))],
]

// All trees are made first, of few inodes: ext4 without a journal uses none again that was in use a
// minute ago, and looks at each of these for every new file.
test.each(shapes)('%s: deleted in at most three times what rm -rf takes', async (_, make) => {
  const dir = scratch()
  const ours = async (tree: string) => expect(await removeTree(tree)).toBeUndefined()
  const rm = (tree: string) => void spawnSync('rm', ['-rf', tree])
  const times: Record<string, number[]> = { ours: [], rm: [] }
  const trees = [0, 1, 2].flatMap((round) =>
    Object.entries({ ours, rm }).map(([name, remove]) => {
      const tree = join(dir, `${name} ${round}`)
      make(tree)
      return { name, remove, tree }
    }),
  )
  for (const { name, remove, tree } of trees) {
    const start = performance.now()
    await remove(tree)
    times[name]?.push(performance.now() - start)
    expect(existsSync(tree)).toBe(false)
  }
  expect(median(times['ours'])).toBeLessThan(3 * median(times['rm']))
}, 120_000)

test('a tree deeper than any path is measured and deleted', async () => {
  const tree = join(scratch(), 'tree')
  chain(tree, Array<string>(30).fill('n'.repeat(200)), 'twelve bytes')
  expect(contentSize(tree)).toBe(12)
  expect(await removeTree(tree)).toBeUndefined()
  expect(existsSync(tree)).toBe(false)
})

test('64 descriptors are enough for any tree', () => {
  const tree = join(scratch(), 'tree')
  chain(tree, Array<string>(300).fill('d'))
  const program = ownProgram('test/removing.ts', tree)
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, ...program],
    { encoding: 'utf8' },
  )
  expect([stdout, stderr]).toEqual(['deleted\n', ''])
  expect(existsSync(tree)).toBe(false)
})

test('names of any bytes, devices, fifos and links go; their targets stay', async (context) => {
  needs(context, 'root')
  const dir = scratch()
  const tree = join(dir, 'tree')
  mkdirSync(join(tree, 'd'), { recursive: true })
  writeFileSync(join(dir, 'precious'), 'mine')
  mkdirSync(toBytes(`${tree}/\udcff`))
  writeFileSync(toBytes(`${tree}/\udcff/\udcfe \ufffd`), '')
  symlinkSync(dir, join(tree, 'd', 'up'))
  await perform(
    steps(
      ['link', join(dir, 'precious'), join(tree, 'linked')],
      ['mknod', join(tree, 'fifo'), 'S_IFIFO', 0o600, 0, 0],
      ['mknod', join(tree, 'whiteout'), 'S_IFCHR', 0, 0, 0],
    ),
  )
  expect(await removeTree(tree)).toBeUndefined()
  expect(readdirSync(dir)).toEqual(['precious'])
  expect(readFileSync(join(dir, 'precious'), 'utf8')).toBe('mine')
})

test('immutable and append-only files and directories are deleted', async (context) => {
  needs(context, 'root', 'chattr')
  const tree = join(scratch(), 'tree')
  chain(tree, ['a', 'b', 'c'], 'text')
  wide(join(tree, 'wide'), 20)
  for (const [flag, below] of [['+a', 'a/b'], ['+i', 'wide'], ['+i', '.']] as const)
    if (spawnSync('chattr', ['-R', flag, join(tree, below)]).status !== 0)
      context.skip('blocked: the file system of temporary files has no such flags')
  expect(await removeTree(tree)).toBeUndefined()
  expect(existsSync(tree)).toBe(false)
})

test('a mount in a tree of tmp/ is detached, and what is mounted is kept', async (context) => {
  needs(context, 'root')
  const dir = scratch()
  const tree = join(dir, 'tmp/tree')
  mounted(dir, tree)
  expect(await removeTree(tree)).toBeUndefined()
  expect(existsSync(tree)).toBe(false)
  expect(readFileSync(join(dir, 'precious/file'), 'utf8')).toBe('mine')
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(tree)
})

test('a mount in any other tree stays, with what is in it', async (context) => {
  needs(context, 'root')
  const dir = scratch()
  const tree = join(dir, 'tree')
  mounted(dir, tree)
  expect(await removeTree(tree)).toMatchObject({ path: 'd/point', cause: { code: 'EBUSY' } })
  expect(readdirSync(tree)).toEqual(['d'])
  expect(readFileSync(join(dir, 'precious/file'), 'utf8')).toBe('mine')
})

/** A tree in which a directory beside it is mounted twice. */
function mounted(dir: string, tree: string): void {
  const point = join(tree, 'd/point')
  for (const each of [join(dir, 'precious'), point, join(tree, 'other')])
    mkdirSync(each, { recursive: true })
  writeFileSync(join(dir, 'precious/file'), 'mine')
  const bind = () => spawnSync('mount', ['--bind', join(dir, 'precious'), point]).status
  onTestFinished(() => {
    while (existsSync(point) && spawnSync('umount', [point]).status === 0);
  })
  expect([bind(), bind()]).toEqual([0, 0])
}

/** `count` files, each with `names` names. */
function wide(tree: string, count: number, names = 1): void {
  mkdirSync(tree)
  for (let at = 0; at < count; at++) {
    const path = join(tree, `file ${at}`)
    writeFileSync(path, '')
    for (let name = 1; name < names; name++) linkSync(path, `${path} ${name}`)
  }
}

/** Directories in one another, and a file in the last. */
function chain(tree: string, names: string[], text = ''): void {
  mkdirSync(tree)
  let fd = openDirectory(tree)
  for (const name of names) {
    mkdirSync(inOpened(fd, name))
    const next = openDirectory(inOpened(fd, name))
    closeSync(fd)
    fd = next
  }
  writeFileSync(inOpened(fd, 'file'), text)
  closeSync(fd)
}

function median(values: number[] = []): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN
}
