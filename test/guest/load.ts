/** Tests. Loads modules from the tests' bundle, by their paths in the project. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'

const root = join(import.meta.dirname, '../..')
const path = join(root, 'dist/guest-tests/tests.cjs')

interface Bundle {
  files: Record<string, () => Promise<unknown>>
}
type Make = (require: (name: string) => unknown, module: { exports: Bundle }, root: string) => void

let make: Make | undefined
const requireOwn = createRequire(path)

/** Load fresh copies of a module and of all its imports. Importing 'vitest' gives `vitest`. */
export async function load(file: string, vitest: object): Promise<unknown> {
  const parameters = ['require', 'module', 'projectRoot']
  make ??= compileFunction(readFileSync(path, 'utf8'), parameters, { filename: path }) as Make
  const module = { exports: { files: {} } }
  make((name) => (name === 'vitest' ? vitest : requireOwn(name)), module, root)
  const { [file]: start } = (module.exports as Bundle).files
  if (!start) throw new Error(`no ${file} in dist/guest-tests`)
  return start()
}
