/** Tests. What a user does to a store: run, commit, rm, rmi, as the command line does it. */
import { commitContainer } from '../../runtime/05-commit/commit.ts'
import { imageFor } from '../../runtime/05-commit/image-for.ts'
import { removeImage } from '../../runtime/05-commit/store/remove-image.ts'
import type { Image } from '../../runtime/05-commit/store/image.ts'
import { imageUsers } from '../../runtime/05-commit/users.ts'
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
}

/** Throws unless the script ends with 0. */
export async function run(root: string, { container, image, script }: Run): Promise<void> {
  const runtime = await runtimeOn(root)
  const { use } = await imageFor(root, image, 'layers')
  const { exitCode } = await runContainer(runtime, {
    ...use,
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

export async function rmi(root: string, name: string): Promise<void> {
  await tidy(await runtimeOn(root))
  await removeImage(root, name, () => imageUsers(root))
}
