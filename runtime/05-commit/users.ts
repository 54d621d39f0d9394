/** Finds the containers that use an image. */
import { listContainers } from '../container/find.ts'
import type { ImageUser } from './store/remove-image.ts'

/** The containers of a data root that have an image, running or not. */
export function imageUsers(root: string): ImageUser[] {
  return listContainers(root).flatMap(({ name, image }) =>
    image ? [{ name, manifest: image.manifest, diffIds: image.diffIds }] : [],
  )
}
