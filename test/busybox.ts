/** Tests. A data root of one's own that holds the image busybox:latest. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'
import { busyboxBinary } from '../runtime/setup/busybox.ts'
import { importBusybox } from '../runtime/05-commit/busybox-image.ts'
import { layerDirs } from '../runtime/05-commit/layer/dirs.ts'
import { resolve } from '../runtime/05-commit/store/store.ts'
import { end } from '../runtime/container/end.ts'
import { runningContainers } from '../runtime/container/find.ts'
import { tidy } from '../runtime/container/tidy.ts'
import { runtimeOn } from './rows.ts'
import { monitorsHaveEnded } from './running.ts'
import { scratch } from './scratch.ts'

let first: Promise<string> | undefined

/**
 * A copy of one that is made once for all tests of a file, with its layer unpacked: that takes
 * seven times as long as a copy does, and a second on an emulated processor. After the test,
 * containers that live on are ended, and what it killed is settled: later nothing would know that
 * the control groups of its containers are leftovers.
 */
export async function rootWithBusybox(): Promise<string> {
  first ??= made()
  const root = join(scratch(), 'root')
  copied(join(await first, 'root'), root)
  onTestFinished(async () => {
    if (!existsSync(root)) return
    const runtime = await runtimeOn(root)
    for (const each of runningContainers(root)) if (each.detach) await end(runtime, each)
    await monitorsHaveEnded(root, { mostMs: 5000 })
    await tidy(runtime)
  })
  return root
}

/** Where the layers of `image` are unpacked under `root`, topmost first. */
export function unpacked(root: string, image = 'busybox'): Promise<string[]> {
  return layerDirs(root, resolve(root, image))
}

async function made(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'stepbox-image-'))
  await importBusybox(join(dir, 'root'), busyboxBinary())
  await unpacked(join(dir, 'root'))
  return dir
}

/**
 * With modes and times, as the layer has them. A symbolic link gets one more name, not an inode:
 * most files of an unpacked busybox are such links.
 */
function copied(from: string, to: string): void {
  mkdirSync(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isSymbolicLink()) linkSync(source, target)
    else if (entry.isDirectory()) copied(source, target)
    else {
      copyFileSync(source, target)
      keepTimes(source, target)
    }
  }
  chmodSync(to, lstatSync(from).mode & 0o7777)
  keepTimes(from, to)
}

function keepTimes(from: string, to: string): void {
  const { atime, mtime } = lstatSync(from)
  utimesSync(to, atime, mtime)
}

afterAll(async () => {
  if (first) rmSync(await first, { recursive: true, force: true })
})
