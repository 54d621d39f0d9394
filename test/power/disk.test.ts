/** Tests. What a power cut leaves of a disk; and what a user can count on at each moment. */
import { expect, test } from 'vitest'
import { afterCut, blockBytes, readInto, type Disk, type Entry } from './disk.ts'
import { promisedAt, type Deed } from './workload.ts'

const block = (content: number) => new Uint8Array(blockBytes).fill(content)
const write = (at: number, content: number, isForced = false): Entry => {
  return { kind: 'write', block: at, data: block(content), isForced }
}
const flush: Entry = { kind: 'flush' }
const contents = (disk: Disk) => Object.fromEntries([...disk].map(([at, data]) => [at, data[0]]))

test('what was flushed is there, whatever else is lost', () => {
  const log = [write(1, 10), write(2, 20), flush, write(1, 11), write(3, 30)]
  const left = (at: number) => contents(afterCut(new Map(), log, { at, survives: () => false }))
  expect([2, 3, 5].map(left)).toEqual([{}, { 1: 10, 2: 20 }, { 1: 10, 2: 20 }])
})

test('of what was not flushed each block is lost by itself, and nothing of later is there', () => {
  const log = [flush, write(1, 10), write(2, 20), write(1, 11), write(3, 30)]
  const answers = [true, true, false]
  const survives = () => answers.shift() ?? expect.fail('asked for too much')
  const before = new Map([[2, block(2)]])
  expect(contents(afterCut(before, log, { at: 4, survives }))).toEqual({ 1: 10, 2: 20 })
  expect(contents(before)).toEqual({ 2: 2 })
})

test('a forced write is there without a flush, and takes no other with it', () => {
  const log = [write(1, 10), write(2, 20, true)]
  const cut = { at: 2, survives: () => false }
  expect(contents(afterCut(new Map(), log, cut))).toEqual({ 2: 20 })
})

test('where nothing was written, a disk holds zeros', () => {
  const target = new Uint8Array(2 * blockBytes).fill(7)
  readInto(target, new Map([[4, block(9)]]), 3 * blockBytes)
  expect([target[0], target[blockBytes]]).toEqual([0, 9])
})

test('an image is promised once it was acknowledged; in between, the name has either', () => {
  const deeds: Deed[] = [
    { what: 'commit', begin: 10, end: 20, image: { name: 'a', digest: 'one' } },
    { what: 'commit over', begin: 25, end: 30, image: { name: 'a', digest: 'two' } },
    { what: 'rmi', begin: 30, end: 40, image: { name: 'a', digest: '' } },
  ]
  const at = (position: number) => promisedAt(deeds, position).images['a']
  expect([5, 10, 15].map(at)).toEqual([[''], [''], ['', 'one']])
  expect([20, 25, 26].map(at)).toEqual([['one'], ['one'], ['one', 'two']])
  expect([30, 31, 40].map(at)).toEqual([['two'], ['two', ''], ['']])
})

test('a container is promised from its end until its removal begins', () => {
  const deeds: Deed[] = [
    { what: 'run', begin: 10, end: 20, container: { name: 'c', exists: true } },
    { what: 'rm', begin: 30, end: 40, container: { name: 'c', exists: false } },
  ]
  const at = (position: number) => promisedAt(deeds, position).containers
  expect([19, 20, 30].map(at)).toEqual([[], ['c'], ['c']])
  expect([31, 40].map(at)).toEqual([[], []])
})
