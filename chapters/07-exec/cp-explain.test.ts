/** Tests. Why cp cannot make a file is said in words, found by looking at where it was to go. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { program, stepbox } from '../../test/stepbox.ts'

/** A container, and a shell in another mount namespace than the tests. */
async function place(context: TestContext) {
  needs(context, 'root', 'overlay', 'openat2', 'mount-setattr', 'unshare')
  const root = await rootWithBusybox()
  const cwd = scratch()
  mkdirSync(join(cwd, 'disk'))
  await stepbox(['run', '--name', 'box', 'busybox', 'mkdir', '-p', '/w/f'], { root })
  /** After `before`, what the copy says; `$dir` is the container's directory. */
  const told = (before: string, ...words: string[]) => {
    const dir = `${root}/containers/$(ls '${root}/containers')`
    const run = `exec '${process.execPath}' '${program}' --root '${root}' cp "$@"`
    const script = `set -e; dir=${dir}; ${before}\n${run}`
    const all = ['-m', 'sh', '-c', script, 'sh', ...words]
    const { status, stderr } = spawnSync('unshare', all, { cwd, encoding: 'utf8' })
    return `${stderr.replaceAll(cwd, '').replaceAll(root, '')}${status}`
  }
  return { cwd, told }
}

const full = 'mount -t tmpfs -o size=64k disk disk'
const few = 'mount -t tmpfs -o nr_inodes=4 disk disk'
const closed = `${full}; mount -o remount,ro disk`

test.for([
  [full, 'box:/bin/busybox', "no space is left for 'busybox'; to see that: df disk"],
  [few, 'box:/etc', /^no inode is left for 'etc\/\w+'; to see that: df -i disk$/],
  [closed, 'box:/etc', "cannot make 'etc': the file system of disk is read-only"],
] as const)('out of a container, after %s', async ([before, source, told], context) => {
  const { told: say } = await place(context)
  const [first = '', second] = say(before, source, 'disk').split('\n')
  expect([first.replace('stepbox: ', ''), second]).toEqual([expect.stringMatching(told), '1'])
})

test('into a container whose disk is full', async (context) => {
  const { told, cwd } = await place(context)
  writeFileSync(join(cwd, 'big'), Buffer.alloc(2 ** 20, 1))
  const small =
    'mount -t tmpfs -o size=256k disk disk; cp -a $dir/. disk; mount --move disk $dir'
  const why = /^stepbox: no space is left for 'big'; to see that: df \/containers\/\w+\n1$/
  expect(told(small, 'big', 'box:/')).toMatch(why)
})

test('a name that is too long, a loop of links, a file that is immutable', async (context) => {
  needs(context, 'chattr')
  const { told, cwd } = await place(context)
  const long = 'x'.repeat(256)
  writeFileSync(join(cwd, 'f'), '')
  const tooLong = `'…${long.slice(-59)}': it is too long`
  expect(told('', 'f', `box:/${long}`)).toBe(
    `stepbox: no file of 'box' can be called '…${long.slice(-59)}': it is too long\n1`,
  )
  expect(told('', 'box:/etc/passwd', long)).toBe(
    `stepbox: no file can be called ${tooLong}\n1`,
  )
  expect(told('ln -s loop loop', 'box:/etc/passwd', 'loop')).toBe(
    "stepbox: the symbolic links of 'loop' form a loop\n1",
  )
  const immutable = told('touch passwd; chattr +i passwd', 'box:/etc/passwd', '.')
  spawnSync('chattr', ['-i', join(cwd, 'passwd')])
  expect(immutable).toBe(
    "stepbox: cannot replace 'passwd': it or its directory is immutable, which lsattr shows\n1",
  )
})

test('a directory in the place of a file, and the other way round', async (context) => {
  const { told, cwd } = await place(context)
  writeFileSync(join(cwd, 'f'), '')
  mkdirSync(join(cwd, 'd/f/sub'), { recursive: true })
  writeFileSync(join(cwd, 'w'), '')
  expect(told('', 'f', 'box:/w')).toBe("stepbox: cannot replace the directory 'f' by a file\n1")
  const error = "cannot replace './f', which is no directory, by a directory"
  expect(told('', 'f', 'box:/')).toBe('0')
  expect(told('', 'd/.', 'box:/')).toBe(`stepbox: ${error}\n1`)
})
