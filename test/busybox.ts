/** Tests. A data root of one's own that holds the image busybox:latest. */
import { join } from 'node:path'
import { busyboxBinary } from '../book/busybox.ts'
import { importBusybox } from '../runtime/busybox-image.ts'
import { scratch } from './scratch.ts'

export async function rootWithBusybox(): Promise<string> {
  const root = join(scratch(), 'root')
  await importBusybox(root, busyboxBinary())
  return root
}
