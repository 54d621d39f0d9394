/** Set-up. Where set-up found a static busybox on this machine. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The path of the program. Throws if set-up found none. */
export function busyboxBinary(): string {
  const text = readFileSync(join(import.meta.dirname, '../../dist/setup.json'), 'utf8')
  const { busybox } = JSON.parse(text) as { busybox?: { binary: string } }
  if (!busybox) throw new Error('no busybox: npm run setup, in the checkout, says why')
  return busybox.binary
}
