/** Tests. The program in another place: for users who cannot read the checkout. */
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { nativePath } from '../runtime/native.ts'
import { program } from './stepbox.ts'

/** Copy the program into `dir`, with or without the native one. Gives the path of the copy. */
export function programIn(dir: string, { native }: { native: boolean }): string {
  chmodSync(dir, 0o755)
  for (const name of ['dist', 'native']) mkdirSync(join(dir, name), { mode: 0o755 })
  for (const name of ['stepbox.cjs', 'main.cjs', 'more.cjs', 'chinese.cjs'])
    copyFileSync(join(dirname(program), name), join(dir, 'dist', name))
  if (native) copyFileSync(nativePath, join(dir, 'native/stepbox'))
  return join(dir, 'dist/stepbox.cjs')
}
