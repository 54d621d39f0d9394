/** Set-up. The program as Node starts it fastest: one file, compiled before. */
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { run } from './machine.mjs'
import { hash, here, isUpToDate, read, remember, root, state } from './made.mjs'

/** All of the program in dist/main.cjs, and dist/stepbox.cjs, which starts it. */
export async function bundle() {
  const own = ['book/bundle.mjs', 'book/launch.cjs']
  const made = await remembered('bundle', 'dist/stepbox.cjs', own, async () => {
    const inputs = await bundleInto(here('dist/main.new.cjs'))
    renameSync(here('dist/main.new.cjs'), here('dist/main.cjs'))
    copyFileSync(here('book/launch.cjs'), here('dist/stepbox.new.cjs'))
    chmodSync(here('dist/stepbox.new.cjs'), 0o755)
    renameSync(here('dist/stepbox.new.cjs'), here('dist/stepbox.cjs'))
    return inputs
  })
  if (!made) return { done: 'dist/stepbox.cjs, as before' }
  const kilobytes = Math.round(statSync(here('dist/main.cjs')).size / 1024)
  return { done: `dist/stepbox.cjs, ${kilobytes} kB from ${made.length} files` }
}

/**
 * The program as one file, whose first line names it by its content. Gives the files it is made of.
 */
export async function bundleInto(outfile, plugins = []) {
  const inputs = await bundled({
    entryPoints: ['chapters/stepbox.ts'],
    outfile,
    define: { 'import.meta.dirname': '__dirname' },
    minifySyntax: true,
    minifyWhitespace: true,
    plugins,
  })
  const code = readFileSync(outfile, 'utf8').replace(/^#!.*\n/, '')
  writeFileSync(outfile, `// ${hash([code]).slice(0, 16)}\n${code}`)
  return inputs
}

/**
 * Make `product` with `make`, which gives the files it read, unless it was made from the same
 * before. Gives those files, or undefined when there was nothing to do.
 */
export async function remembered(name, product, own, make) {
  const last = state()[name]
  const keyOf = (files) => hash([...own, ...files].map((file) => read(file)))
  const isSame = last?.inputs?.every((file) => existsSync(here(file)))
  if (isSame && isUpToDate(name, keyOf(last.inputs), product)) return undefined
  const inputs = await make()
  remember(name, keyOf(inputs), product, { inputs })
  return inputs
}

/** One call of esbuild. Gives the files that went in. */
export async function bundled(options) {
  const { build } = await import('esbuild')
  const { metafile } = await build({
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    supported: { 'dynamic-import': false },
    metafile: true,
    logLevel: 'silent',
    ...options,
  })
  return Object.keys(metafile.inputs).sort()
}

/** Run the program once and keep what V8 compiled of it: of `run`, where that is possible. */
export async function keepCompiled(canRun) {
  const [, key] = /^\/\/ (\w+)/.exec(readFileSync(here('dist/main.cjs'), 'latin1')) ?? []
  const kept = readdirSync(here('dist')).filter((name) => name.endsWith('.v8'))
  if (kept.some((name) => name.startsWith(`${key}-${process.versions.v8}`))) return
  const args = canRun ? ['run', '--rm', 'busybox', 'true'] : ['--chapter', '1', 'plan', 'true']
  await run(process.execPath, [here('book/keep.cjs'), ...args])
  for (const name of kept) rmSync(here('dist', name), { force: true })
}
