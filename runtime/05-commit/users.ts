/** Finds the containers that use an image. */
import { listContainers } from '../container/find.ts'
import type { Container } from '../options.ts'
import type { ImageUser } from './store/remove-image.ts'

/** The containers of a data root that have an image, running or not, without those in `gone`. */
export function imageUsers(root: string, gone?: (container: Container) => boolean): ImageUser[] {
  const left = listContainers(root).filter((each) => !gone?.(each))
  return left.flatMap(({ name, image }) =>
    image ? [{ name, manifest: image.manifest, diffIds: image.diffIds }] : [],
  )
}
