/** Tests. What a chapter's plan needs of the host: a root, an image, a group, for a while. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'
import { busyboxBinary } from '../runtime/setup/busybox.ts'
import { busyboxRoot, readBusybox, writeRootfs } from '../runtime/03-pivot-root/busybox.ts'
import type { Limits } from '../runtime/02-cgroups/limits.ts'
import { lookAtCgroups } from '../runtime/02-cgroups/cgroups.ts'
import { killAll, removeGroup } from '../runtime/02-cgroups/group-control.ts'
import { layOut } from '../runtime/04-overlay/init-layer.ts'
import { planOptions } from '../runtime/chapter.ts'
import type { PlanOptions } from '../runtime/options.ts'
import { scratch } from './scratch.ts'

let shared: Promise<string> | undefined

/** One busybox root file system for all tests of a file, which leave it as it is. */
export function sharedRootfs(): Promise<string> {
  shared ??= rootfsIn(mkdtempSync(join(tmpdir(), 'stepbox-rootfs-')))
  return shared
}

afterAll(async () => {
  if (shared) rmSync(dirname(await shared), { recursive: true, force: true })
})

/** A busybox root file system of the running test's own. */
export function ownRootfs(): Promise<string> {
  return rootfsIn(scratch())
}

async function rootfsIn(dir: string): Promise<string> {
  const rootfs = join(dir, 'rootfs')
  mkdirSync(rootfs)
  writeRootfs(rootfs, busyboxRoot(await readBusybox(busyboxBinary())))
  return rootfs
}

let count = 0

/**
 * Options that every chapter's planner understands, for a container of the running test: its root
 * is `rootfs`, or an image with that as its one layer; its group is killed and removed after it.
 */
export function worldOf(rootfs: string, script: string, limits: Limits = {}): PlanOptions {
  const dir = scratch()
  const hostname = 'box'
  const group = {
    name: `stepbox-test-${process.pid}-w${++count}`,
    cgroups: lookAtCgroups(),
    limits,
  }
  const dirs = group.cgroups.hierarchies.map(({ mount }) => join(mount, group.name))
  onTestFinished(async () => {
    await killAll(dirs)
    await removeGroup(dirs)
  })
  return planOptions([], {
    argv: ['sh', '-c', script],
    hostname,
    network: 'none',
    group,
    root: rootfs,
    streams: { hasInput: true, isJoined: false },
    layers: layOut(dir, [rootfs], { hostname, resolver: '' }),
    dir,
    readOnly: false,
  })
}
