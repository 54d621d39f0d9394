/** Users are looked up as the overlay will show the files, before it is mounted. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { identityInLayers } from '../../runtime/04-overlay/lifecycle.ts'
import { opaqueMark } from '../../runtime/04-overlay/stack.ts'
import { planOptions } from '../../runtime/chapter.ts'
import type { Call } from '../../runtime/calls.ts'
import { perform } from '../../runtime/native.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { steps } from '../../test/carry-out.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

const names = ['upper', 'init', 'lower0', 'lower1', 'lower2']

/** A container's directory; each of `files` says a uid for the user `me`. */
function layersWith(files: Record<string, number>): string {
  const dir = scratch()
  for (const name of names) mkdirSync(join(dir, name, 'etc'), { recursive: true })
  for (const [name, uid] of Object.entries(files))
    writeFileSync(join(dir, name, 'etc/passwd'), `me:x:${uid}:0::/home/${name}:/bin/sh\n`)
  return dir
}

async function lookUp(dir: string) {
  const [, ...layers] = names
  const options = planOptions([], { dir, layers, hostname: 'box' })
  const { user, env } = await identityInLayers({ argv: [], env: [], user: 'me' }, options)
  return [user?.uid, env?.at(-1)]
}

test('the topmost layer that has the file counts', async () => {
  expect(await lookUp(layersWith({ lower1: 1, lower2: 2 }))).toEqual([1, 'HOME=/home/lower1'])
  expect(await lookUp(layersWith({ upper: 5, lower1: 1 }))).toEqual([5, 'HOME=/home/upper'])
})

async function make(context: TestContext, call: Call): Promise<void> {
  needs(context, 'root')
  await perform(steps(call))
}

test('a file that was deleted above is not there', async (context) => {
  const dir = layersWith({ lower1: 1 })
  await make(context, ['mknod', join(dir, 'lower0/etc/passwd'), 'S_IFCHR', 0, 0, 0])
  await expect(lookUp(dir)).rejects.toThrow('unable to find user me')
})

test('nor is one below an opaque directory, or below a file', async (context) => {
  const dir = layersWith({ lower1: 1 })
  const yes = Buffer.from('y')
  await make(context, ['lsetxattr', join(dir, 'lower0/etc'), opaqueMark, yes])
  await expect(lookUp(dir)).rejects.toThrow('unable to find user me')
  const other = layersWith({ lower1: 1 })
  rmSync(join(other, 'lower0/etc'), { recursive: true })
  writeFileSync(join(other, 'lower0/etc'), '')
  for (const name of ['upper', 'init']) rmSync(join(other, name, 'etc'), { recursive: true })
  await expect(lookUp(other)).rejects.toThrow('unable to find user me')
})

test('a user that a container made is found when it starts as an image', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const script = 'echo me:x:77:78::/srv:/bin/sh >> /etc/passwd; echo all:x:79:me >> /etc/group'
  await stepbox(['run', '--name', 'c', 'busybox', 'sh', '-c', script], { root })
  await stepbox(['commit', '-c', 'USER me', 'c', 'app'], { root })
  const { out } = await stepbox(['run', '--rm', 'app', 'sh', '-c', 'id -u; id -G; echo $HOME'], {
    root,
  })
  expect(out).toBe('77\n78 79\n/srv\n')
})
