/** Set-up. The program as Node starts it fastest: few files, compiled before. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { run } from './machine.mjs'
import { hash, here, isUpToDate, read, remember, root, state } from './made.mjs'

/** All of the program in dist/main.cjs and dist/more.cjs, and dist/stepbox.cjs, which starts it. */
export async function bundle() {
  const own = ['runtime/setup/bundle.mjs', 'runtime/setup/launch.cjs']
  const made = await remembered('bundle', 'dist/stepbox.cjs', own, () => bundleInto(here('dist')))
  if (!made) return { done: 'dist/stepbox.cjs, as before' }
  const bytes = packs.reduce((sum, name) => sum + statSync(here('dist', `${name}.cjs`)).size, 0)
  return { done: `dist/stepbox.cjs, ${Math.round(bytes / 1024)} kB from ${made.length} files` }
}

/** What `stepbox run` needs, also with --trace, and the rest: read only when it is asked for. */
const packs = ['main', 'more']
const often = [/^chapters\/(stepbox|[^/]+\/chapter)\.ts$/, /^runtime\/cli\/(run|trace)\.ts$/]

/**
 * The program as two packs of modules in `dir`, and what starts it. The modules are what esbuild
 * makes where it splits the program at each `import()`. Gives the files they are made of.
 */
export async function bundleInto(dir, plugins = []) {
  const { metafile, outputFiles } = await esbuild({
    entryPoints: ['chapters/stepbox.ts'],
    outdir: dir,
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    format: 'esm',
    splitting: true,
    write: false,
    define: { 'import.meta.dirname': '__dirname' },
    minifySyntax: true,
    minifyWhitespace: true,
    plugins,
  })
  const { outputs } = metafile
  const paths = Object.keys(outputs)
  const neededOften = new Set()
  for (const path of paths)
    if (often.some((entry) => entry.test(outputs[path].entryPoint ?? ''))) withImports(path, outputs, neededOften)
  const texts = paths.map((path) => {
    const { text } = outputFiles.find((each) => each.path === join(root, path))
    return { path, text }
  })
  mkdirSync(dir, { recursive: true })
  for (const name of packs) {
    const wanted = texts.filter(({ path }) => neededOften.has(path) === (name === 'main'))
    replace(join(dir, `${name}.cjs`), await packOf(wanted))
  }
  replace(join(dir, 'stepbox.cjs'), read('runtime/setup/launch.cjs'), 0o755)
  return Object.keys(metafile.inputs).sort()
}

/** Add to `known` what `path` is and what it imports at once, itself or through others. */
function withImports(path, outputs, known) {
  if (known.has(path)) return
  known.add(path)
  for (const { path: needed, kind, external } of outputs[path].imports)
    if (kind === 'import-statement' && !external) withImports(needed, outputs, known)
}

/** Modules by their names, as CommonJS has them; the first line names the pack by its content. */
async function packOf(modules) {
  const { transform } = await import('esbuild')
  const made = modules.map(async ({ path, text }) => {
    const { code } = await transform(text.replace(/^#!.*\n/, ''), {
      ...node20,
      ...commonJs,
      minifyWhitespace: true,
    })
    return `'./${basename(path)}'(require, module, __dirname) {${code}}`
  })
  const text = `({\n${(await Promise.all(made)).join(',\n')}\n})\n`
  return `// ${hash([text]).slice(0, 16)}\n${text}`
}

function replace(path, content, mode = 0o644) {
  writeFileSync(`${path}.new`, content, { mode })
  renameSync(`${path}.new`, path)
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

const node20 = { platform: 'node', target: 'node20', logLevel: 'silent' }

/** A call of `import()` is one of `require`, a moment later. */
const commonJs = { format: 'cjs', supported: { 'dynamic-import': false } }

/** One bundle by esbuild. Gives the files that went in. */
export async function bundled(options) {
  const { metafile } = await esbuild({ ...commonJs, ...options })
  return Object.keys(metafile.inputs).sort()
}

async function esbuild(options) {
  const { build } = await import('esbuild')
  return build({ absWorkingDir: root, bundle: true, metafile: true, ...node20, ...options })
}

/** Run the program once and keep what V8 compiled of it: of `run`, where that is possible. */
export async function keepCompiled(canRun) {
  const kept = readdirSync(here('dist')).filter((name) => name.endsWith('.v8'))
  const keys = packs.map((name) => {
    const [, key] = /^\/\/ (\w+)/.exec(readFileSync(here('dist', `${name}.cjs`), 'latin1')) ?? []
    return `${key}-${process.versions.v8}`
  })
  if (keys.every((key) => kept.some((name) => name.startsWith(key)))) return
  const args = canRun ? ['run', '--rm', 'busybox', 'true'] : ['--chapter', '1', 'plan', 'true']
  await run(process.execPath, [here('runtime/setup/keep.cjs'), ...args])
  for (const name of kept) rmSync(here('dist', name), { force: true })
}
