/** Tests. A data root of one's own that holds the image busybox:latest. */
import { join } from 'node:path'
import { importBusybox } from '../runtime/busybox-image.ts'
import { onPath, scratch } from './scratch.ts'


export async function rootWithBusybox(): Promise<string> {
  const binary = onPath('busybox')
  if (!binary) throw new Error('no busybox on the PATH: npm run setup installs it')
  const root = join(scratch(), 'root')
  await importBusybox(root, binary)
  return root
}
