/** Tests. A data root of one's own that holds the image busybox:latest. */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
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
import { scratch } from './scratch.ts'

let first: Promise<string> | undefined

/**
 * A copy of one that is made once for all tests of a file. After the test, containers that live on
 * are ended, and what it killed is settled: later nothing would know that the control groups of its
 * containers are leftovers.
 */
export async function rootWithBusybox(): Promise<string> {
  first ??= made()
  const root = join(scratch(), 'root')
  cpSync(join(await first, 'root'), root, { recursive: true })
  onTestFinished(async () => {
    if (!existsSync(root)) return
    const runtime = await runtimeOn(root)
    for (const each of runningContainers(root)) if (each.detach) await end(runtime, each)
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
  return dir
}

afterAll(async () => {
  if (first) rmSync(await first, { recursive: true, force: true })
})
