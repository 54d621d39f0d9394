/** Tests: what there is very much of in a store or an archive costs no more than its share. */
import { describe, expect, test } from 'vitest'
import { layerDirs } from '../../runtime/05-commit/layer/dirs.ts'
import { layerTree } from '../../runtime/05-commit/layer/tree.ts'
import { listImages } from '../../runtime/05-commit/store/images.ts'
import { resolve } from '../../runtime/05-commit/store/store.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { directory, file, plain } from './archives.ts'
import { putImage, putIndex, rootWith, tarOf } from './handmade.ts'

const tar = tarOf({ 'etc/': '', 'etc/motd': 'hello\n' })

/** The shortest of three runs, in milliseconds. */
async function timeOf(work: () => unknown): Promise<number> {
  const times: number[] = []
  for (let run = 0; run < 3; run++) {
    const begin = performance.now()
    await work()
    times.push(performance.now() - begin)
  }
  return Math.min(...times)
}

test('the time to list images grows with the number of names, not with its square', async () => {
  const timeFor = (count: number) => {
    const root = scratch()
    const image = putImage(root, { tars: [tar] })
    const names = Array.from({ length: count }, (_, at) => [`app:v${at}`, image] as const)
    putIndex(root, Object.fromEntries(names))
    expect(listImages(root).images).toHaveLength(count)
    return timeOf(() => listImages(root))
  }
  const [few, many] = [await timeFor(2000), await timeFor(20_000)]
  expect(many / few).toBeLessThan(30) // 10 times the names; their square is 100 times
})

test('a layer that an image lists 40 times is unpacked once', async (context) => {
  needs(context, 'root')
  const timeFor = async (count: number) => {
    const root = rootWith({ tars: Array.from({ length: count }, () => tar) })
    const begin = performance.now()
    expect(await layerDirs(root, resolve(root, 'app:v1'))).toHaveLength(1)
    return performance.now() - begin
  }
  await timeFor(1) // loads the modules
  const [once, often] = [await timeFor(1), await timeFor(40)]
  expect(often / once).toBeLessThan(10)
})

describe('an archive', () => {
  test('of names that all are in one long path takes little memory', () => {
    const long = Array.from({ length: 15 }, () => 'p'.repeat(250)).join('/')
    const tree = layerTree({ names: 2 ** 20, bytes: 2 ** 40 })
    const before = process.memoryUsage().heapUsed
    for (let at = 0; at < 100_000; at++) tree.place({ ...plain, path: `${long}/${at}` })
    const grown = process.memoryUsage().heapUsed - before
    expect(grown).toBeLessThan(100_000 * 1000) // a path has 3,770 bytes
    expect(tree.finish().next().done).toBe(false)
  })

  test.each([
    ['entries', ['a', 'a', 'a', 'a', 'a'], 'it has more than 4 entries'],
    ['directories', ['a/b/c', 'd/e/f'], 'it makes more than 4 names'],
    ['bytes of names', ['x'.repeat(60), 'y'.repeat(60)], 'its names have more than 100 bytes'],
  ])('of too many %s is refused', (_, paths, why) => {
    const tree = layerTree({ names: 4, bytes: 100 })
    expect(() => paths.forEach((path) => tree.place(file(path)))).toThrow(
      `the archive is damaged: ${why}`,
    )
  })

  test('of one name that makes thousands of directories is refused before it fills memory', () => {
    const tree = layerTree({ names: 2 ** 21, bytes: 2 ** 22 })
    expect(() => {
      for (let at = 0; at < 100; at++) tree.place(file(`${at}/${'a/'.repeat(2000)}f`))
    }).toThrow(`its names have more than ${2 ** 22} bytes`)
  })

  test('of directories with too large attributes is refused', () => {
    const tree = layerTree({ names: 100, bytes: 100 })
    const xattrs = [{ name: 'system.posix_acl_default', value: Buffer.alloc(101) }]
    expect(() => tree.place(directory('d', { xattrs }))).toThrow('more than 100 bytes')
  })
})
