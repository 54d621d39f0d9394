/** Tests. Lines of mountinfo files, as proc_pid_mountinfo(5) describes them. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fromBytes, toBytes } from '../runtime/bytes.ts'
import { parseMountinfo, visibleMounts, type Mount } from '../runtime/mountinfo.ts'
import { needs } from './scratch.ts'

function parseOne(line: string): Mount | undefined {
  const mounts = parseMountinfo(`${line}\n`)
  expect(mounts).toHaveLength(1)
  return mounts[0]
}

test('every field of the example in the man page has a name', () => {
  const line = '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue'
  expect(parseOne(line)).toEqual({
    id: '36',
    parent: '35',
    device: '98:0',
    subtree: '/mnt1',
    target: '/mnt2',
    options: 'rw,noatime',
    propagation: 'master:1',
    type: 'ext3',
    source: '/dev/root',
    superOptions: 'rw,errors=continue',
  })
})

test.each([
  ['', ''],
  ['shared:7', 'shared:7'],
  ['shared:7 master:2', 'shared:7 master:2'],
  ['master:2 propagate_from:5', 'master:2 propagate_from:5'],
  ['unbindable', 'unbindable'],
])("optional fields '%s' are the propagation", (optional, propagation) => {
  const fields = optional === '' ? '' : `${optional} `
  const found = parseOne(`36 35 0:31 / /tmp rw ${fields}- tmpfs tmpfs rw`)
  expect(found).toMatchObject({ propagation, options: 'rw', type: 'tmpfs', superOptions: 'rw' })
})

test('escapes become the characters that they stand for, in all three names', () => {
  const line = String.raw`36 35 0:31 /a\040b /c\011d\012e\134f rw - tmpfs x\043y rw`
  const names = { subtree: '/a b', target: '/c\td\ne\\f', source: 'x#y' }
  expect(parseOne(line)).toMatchObject(names)
})

test('an escaped backslash does not make an escape of the digits after it', () => {
  expect(parseOne(String.raw`36 35 0:31 / /a\134040b rw - tmpfs x rw`)?.target).toBe('/a\\040b')
})

test.each([
  ['is the source', '- tmpfs - rw', { source: '-', superOptions: 'rw' }],
  ['is a part of the source', String.raw`- tmpfs a\040-\040b rw`, { source: 'a - b' }],
  ['stands in the options', '- fuse.x y rw,name=a - b', { superOptions: 'rw,name=a - b' }],
  ['comes after an empty source', '- tmpfs  rw', { source: '', superOptions: 'rw' }],
])('only the first lone hyphen ends the optional fields, if one %s', (_, end, expected) => {
  const found = parseOne(`36 35 0:31 / /mnt rw shared:1 ${end}`)
  expect(found).toMatchObject({ propagation: 'shared:1', ...expected })
})

test('a target may contain a hyphen between blanks', () => {
  const line = String.raw`36 35 0:31 /x\040-\040y /a\040-\040b rw - tmpfs tmpfs rw`
  const names = { subtree: '/x - y', target: '/a - b', type: 'tmpfs' }
  expect(parseOne(line)).toMatchObject(names)
})

test('a name that is not UTF-8 keeps its bytes', () => {
  const bytes = Buffer.from('36 35 0:31 / /caf\xe9\\040x rw - tmpfs tmpfs rw\n', 'latin1')
  const [mount] = parseMountinfo(fromBytes(bytes))
  expect(toBytes(mount?.target ?? '')).toEqual(Buffer.from('/caf\xe9 x', 'latin1'))
})

test('of several mounts on one directory only the last is visible', () => {
  const mounts = parseMountinfo(`22 1 8:1 / / rw - ext4 /dev/sda1 rw
30 22 0:30 / /a rw - tmpfs below rw
31 22 0:31 / /b rw - tmpfs beside rw
32 30 0:32 / /a rw - tmpfs above rw
`)
  const sources = visibleMounts(mounts).map(({ source }) => source)
  expect(sources).toEqual(['/dev/sda1', 'beside', 'above'])
})

test('an empty file has no mounts', () => {
  expect(parseMountinfo('')).toEqual([])
})

test('the list of this process has its root, and every mount has a type', (context) => {
  needs(context, 'proc')
  const mounts = parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'))
  expect(mounts.some(({ target }) => target === '/')).toBe(true)
  expect(mounts.filter(({ type, options }) => type === '' || !/^r[ow]/.test(options))).toEqual([])
})
