/** Tests. A process that runs a module of the project: its source, or what is bundled of it. */
import { join } from 'node:path'
import { inject } from 'vitest'

const root = join(import.meta.dirname, '..')

/** What Node is told to run `path`, relative to the project. Set-up bundles what is named here. */
export function ownProgram(path: string, ...args: string[]): string[] {
  const bundled = [join(root, 'dist/guest-tests/program.cjs'), path]
  return [...(inject('isBundled') ? bundled : ['--import', 'tsx', join(root, path)]), ...args]
}
