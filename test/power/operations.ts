/** Tests. What a user does to a store: run, commit, rm, rmi, as the command line does it. */
import { chapters } from '../../chapters/table.ts'
import { imageFor } from '../../runtime/cli/image-for.ts'
import { commit as makeImage } from '../../runtime/05-commit/commit.ts'
import {
  containerDir,
  findContainer,
  listContainers,
  removeContainer,
} from '../../runtime/container/containers.ts'
import { removeImage, type ImageUser } from '../../runtime/05-commit/store/remove-image.ts'
import { run as runContainer, type Chapter } from '../../runtime/container/run.ts'
import { imageWithManifest, type Image } from '../../runtime/05-commit/store/store.ts'
import { tidy } from '../../runtime/container/tidy.ts'
import { stackIn } from '../../runtime/04-overlay/upper.ts'

const chapter = chapters.at(-1) as Chapter
const path = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'

interface Run {
  container: string
  image: string
  script: string
}

/** Throws unless the script ends with 0. */
export async function run(root: string, { container, image, script }: Run): Promise<void> {
  const words = [image, 'sh', '-c', script]
  const { command, layers, image: used } = await imageFor({
    ...{ words, chapter, chapters, root },
    ...{ values: new Map(), switches: new Set() },
  })
  const { exitCode } = await runContainer({
    ...{ chapter, root, argv: command, env: [path], name: container },
    ...(used && layers ? { image: used, layers } : {}),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  tidy(root)
  if (exitCode !== 0) throw new Error(`'${script}' ended with ${exitCode}`)
}

export async function commit(root: string, source: string, name: string): Promise<Image> {
  tidy(root)
  const container = findContainer(root, source)
  const image = imageWithManifest(root, container.image?.manifest ?? '')
  if (!image) throw new Error(`the image that '${source}' stands on is gone`)
  const stack = stackIn(containerDir(root, container.id))
  const created = new Date().toISOString()
  return makeImage(root, { image, stack, name, created, command: container.command })
}

export function rm(root: string, name: string): void {
  tidy(root)
  if (!removeContainer(root, findContainer(root, name))) throw new Error(`'${name}' is gone`)
}

export async function rmi(root: string, name: string): Promise<void> {
  tidy(root)
  await removeImage(root, name, () => usersIn(root))
}

function usersIn(root: string): ImageUser[] {
  return listContainers(root).flatMap(({ name, image }) =>
    image ? [{ name, manifest: image.manifest, diffIds: image.diffIds }] : [],
  )
}
