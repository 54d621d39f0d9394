/** Tests. While cp runs, a process in the container swaps a directory for a link to the host. */
import { execFile } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { ownProgram } from '../../test/own-program.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { hasSecret, isUntouched } from './secret.ts'
import { trap } from './swapping.ts'

/** Copies in each direction. */
const count = Number(process.env['STEPBOX_SWAPS'] ?? (process.env['CI'] ? 5_000 : 50))

test(`nothing of the host is read or written, in ${2 * count} copies`, async (context) => {
  needs(context, 'root', 'overlay', 'openat2', 'mount-setattr')
  const root = await rootWithBusybox()
  const { host, name, isSwapping } = await trap(root)
  const argv = ownProgram('chapters/07-exec/racing.ts', root, scratch(), host, name, String(count))
  const racing = promisify(execFile)(process.execPath, argv)
  onTestFinished(() => void racing.child.kill('SIGKILL'))
  const { stdout } = await racing
  const { done, failed, read, written } = JSON.parse(stdout) as Record<string, number>
  expect({ read, written }).toEqual({ read: 0, written: 0 })
  expect(isSwapping()).toBe(true)
  expect(Number(done) + Number(failed)).toBe(2 * count)
  expect(done).toBeGreaterThan(count / 10)
  expect(failed).toBeGreaterThan(count / 10) // they met a swap
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
    isWritten ||= !isUntouched(caught.host)
  }
  expect({ isRead, isWritten }).toEqual({ isRead: true, isWritten: true })
})
