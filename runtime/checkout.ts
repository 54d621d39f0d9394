/** Where this checkout is: the sources that the lab derives its starters from. */
import { join } from 'node:path'

/** The bundle in dist/ is as deep in the tree as this file. */
export const checkout = join(import.meta.dirname, '..')
