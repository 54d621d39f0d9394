/** Tests. What a user does to a store, as the command line does it: run, commit, rm, volume rm. */
import { commitContainer } from '../../runtime/05-commit/commit.ts'
import { imageFor } from '../../runtime/05-commit/image-for.ts'
import { removeImage } from '../../runtime/05-commit/store/remove-image.ts'
import type { Image } from '../../runtime/05-commit/store/image.ts'
import { imageUsers } from '../../runtime/05-commit/users.ts'
import { createVolume, removeVolume } from '../../runtime/08-volumes/change-volumes.ts'
import type { AskedMount } from '../../runtime/08-volumes/mounts.ts'
import { findContainer } from '../../runtime/container/find.ts'
import { remove } from '../../runtime/container/remove.ts'
import { run as runContainer } from '../../runtime/container/run.ts'
import { tidy } from '../../runtime/container/tidy.ts'
import { runtimeOn } from '../rows.ts'

const path = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'

interface Run {
  container: string
  image: string
  script: string
  /** It gets what the image has in /bin, if it is empty. */
  volume?: string
}

/** Throws unless the script ends with 0. */
export async function run(root: string, asked: Run): Promise<void> {
  const { container, image, script, volume: source } = asked
  const binaries = { target: '/bin', readOnly: true, from: 'volume' } as const
  const mounts: AskedMount[] = source === undefined ? [] : [{ type: 'volume', source, ...binaries }]
  const runtime = await runtimeOn(root)
  const { use } = await imageFor(root, image, 'layers')
  const { exitCode } = await runContainer(runtime, {
    ...use,
    ...(mounts.length > 0 ? { mounts } : {}),
    chapter: runtime.rows.length,
    argv: ['sh', '-c', script],
    env: [path],
    name: container,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await tidy(runtime)
  if (exitCode !== 0) throw new Error(`'${script}' ended with ${exitCode}`)
}

export async function commit(root: string, source: string, name: string): Promise<Image> {
  await tidy(await runtimeOn(root))
  const created = new Date().toISOString()
  return commitContainer(root, findContainer(root, source), { name, created })
}

export async function rm(root: string, name: string): Promise<void> {
  const runtime = await runtimeOn(root)
  await tidy(runtime)
  if (!(await remove(runtime, findContainer(root, name)))) throw new Error(`'${name}' is gone`)
}

export async function makeVolume(root: string, name: string): Promise<void> {
  await createVolume(await runtimeOn(root), { name })
}

export async function unmakeVolume(root: string, name: string): Promise<void> {
  const runtime = await runtimeOn(root)
  await tidy(runtime)
  await removeVolume(runtime, name)
}

export async function rmi(root: string, name: string): Promise<void> {
  await tidy(await runtimeOn(root))
  await removeImage(root, name, () => imageUsers(root))
}
