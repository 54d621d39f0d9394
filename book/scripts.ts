/** The scripts of the pages: each file of book/browser, as one classic script. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'

/** What only the server's pages load: the built folder does without. */
export const servedOnly = ['live.js', 'terminal.js']

const folder = join(import.meta.dirname, 'browser')

/**
 * The scripts by name: `book/browser/theme.ts` is `theme.js`. They are classic scripts, because
 * browsers load no modules from `file://`; what one imports is in it.
 */
export function scripts(): Map<string, string> {
  const entryPoints = readdirSync(folder).filter((name) => name.endsWith('.ts'))
  const { outputFiles } = buildSync({
    entryPoints,
    absWorkingDir: folder,
    outdir: folder,
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    minify: true,
    charset: 'utf8',
    loader: { '.css': 'text' },
  })
  const names = entryPoints.map((name) => name.replace(/\.ts$/, '.js'))
  return new Map(names.map((name, at) => [name, outputFiles[at]?.text ?? '']))
}
