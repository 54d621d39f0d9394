/**
 * Benchmark. `unwatched.mjs DIR ARGS…`: the program as it would be if nobody could watch a start,
 * in DIR/dist/stepbox.cjs, with what V8 compiles of it for `stepbox ARGS…`. The native program is
 * ours.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { bundleInto } from '../runtime/setup/bundle.mjs'
import { here } from '../runtime/setup/made.mjs'

const [dir = '.', ...args] = process.argv.slice(2)
const inDir = (path) => join(dir, path)

/** The commands and flags that watch, with all they need, and the rows about every line. */
const commands = 'cli/(walk|step|trace|replay|without|break|xray)'
const watching = new RegExp(`/(runtime/${commands}|chapters/.*(consequences|misconceptions))[.]ts$`)
const leftOut = {
  name: 'left out',
  setup: (build) =>
    build.onLoad({ filter: watching }, ({ path }) => ({ contents: emptied(path), loader: 'ts' })),
}

/** A module with the same exports, and nothing in them. */
function emptied(path) {
  const exported = readFileSync(path, 'utf8').matchAll(/^export (const|(async )?function) (\w+)/gm)
  return [...exported].map(([, , , name]) => `export const ${name} = []\n`).join('')
}

for (const each of ['dist', 'runtime/setup']) mkdirSync(inDir(each), { recursive: true })
symlinkSync(here('native'), inDir('native'))
await bundleInto(inDir('dist'), [leftOut])
copyFileSync(here('runtime/setup/keep.cjs'), inDir('runtime/setup/keep.cjs'))
const { status } = spawnSync(process.execPath, [inDir('runtime/setup/keep.cjs'), ...args])
process.exitCode = status ?? 1
