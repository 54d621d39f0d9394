/** Tests. While cp runs, a process in the container swaps a directory for a link to the host. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copy } from '../../runtime/07-exec/copy/copy.ts'
import { copyPlaceOf } from '../../runtime/07-exec/copy/words.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runtimeOn } from '../../test/rows.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { hasSecret, isUntouched, trap } from './swapping.ts'

/** Copies in each direction. */
const count = Number(process.env['STEPBOX_SWAPS'] ?? (process.env['CI'] ? 1_500 : 30))

/** The sources of a copy out of the container, and the targets of one into it. */
const out = ['/w/d', '/w/d/.', '/w/d/secret', '/w', '/w/d/sub/../secret']
const into = ['/w/d', '/w/d/new', '/w/.', '/w/d/sub', '/w/d/sub/../x']

test(`nothing of the host is read or written, in ${2 * count} copies`, async (context) => {
  needs(context, 'root', 'overlay', 'openat2', 'mount-setattr')
  const root = await rootWithBusybox()
  const runtime = await runtimeOn(root)
  const caught = await trap(root)
  const dir = scratch()
  mkdirSync(join(dir, 'src/d/sub'), { recursive: true })
  for (const name of ['secret', 'd/secret', 'd/new']) writeFileSync(join(dir, 'src', name), 'new')
  const options = { followLink: false, isArchive: false, onSkipped: () => {}, onBytes: () => {} }
  const tally = { done: 0, failed: 0 }
  const attempt = async (from: string, to: string, at: number) => {
    const places = { from: copyPlaceOf(from), to: copyPlaceOf(to) }
    const all = { ...options, ...places, followLink: at % 2 === 0, write: () => {} }
    await copy(runtime, all).then(
      () => tally.done++,
      () => tally.failed++,
    )
  }
  const outwards = async () => {
    const target = join(dir, 'got')
    for (let at = 0; at < count; at++) {
      await attempt(`${caught.name}:${out[at % out.length]}`, target, at)
      expect(hasSecret(target)).toBe(false)
      rmSync(target, { recursive: true, force: true })
    }
  }
  const inwards = async () => {
    for (let at = 0; at < count; at++) {
      const source = at % into.length === 1 ? join(dir, 'src/secret') : join(dir, 'src/.')
      await attempt(source, `${caught.name}:${into[at % into.length]}`, at)
      expect(isUntouched(caught)).toBe(true)
    }
  }
  await Promise.all([outwards(), inwards()])
  expect(tally.done + tally.failed).toBe(2 * count)
  expect(caught.isSwapping()).toBe(true)
  expect(tally.done).toBeGreaterThan(count / 10)
  expect(tally.failed).toBeGreaterThan(count / 10) // they met a swap
}, 2_400_000)

test('a copy by path would be led to the host, both ways', async (context) => {
  needs(context, 'root', 'overlay', 'openat2', 'mount-setattr')
  const caught = await trap(await rootWithBusybox())
  const [target, source] = [join(scratch(), 'got'), join(scratch(), 'source')]
  writeFileSync(source, 'new')
  const attempt = (from: string, to: string) => {
    try {
      copyFileSync(from, to)
    } catch {
      // ignoring: the directory is under another name just now
    }
  }
  let [isRead, isWritten] = [false, false]
  for (let at = 0; at < 1_000_000 && !(isRead && isWritten); at++) {
    attempt(`${caught.naiveRoot}/w/d/secret`, target)
    attempt(source, `${caught.naiveRoot}/w/d/new`)
    isRead ||= hasSecret(target)
    isWritten ||= !isUntouched(caught)
  }
  expect({ isRead, isWritten }).toEqual({ isRead: true, isWritten: true })
})
