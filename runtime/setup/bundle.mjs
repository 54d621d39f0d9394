/**
 * Set-up. Bundles the program into packs of modules, dist/main.cjs, more.cjs and chinese.cjs, and
 * keeps the code that V8 compiles of them. dist/stepbox.cjs (launch.cjs) loads what is needed.
 *
 * What this gains: `stepbox run --rm busybox true`, cold, as CPU time of the command, medians of 60
 * interleaved rounds in November 2026, with Node 20.20 and 22.23, relative to the packs:
 *
 *     the packs, with the code that was kept                1.00   1.00
 *     the packs, compiled at each start                     1.05   1.11
 *     one file by esbuild, with the code that was kept      1.02   1.06
 *     one file by esbuild, module.enableCompileCache()         -   1.12
 *     one file by esbuild                                   1.16   1.16
 *     node -e 0                                             0.61   0.50
 *
 * One file would also grow with each chapter, and be read whole at each start.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { run } from './machine.mjs'
import { hash, here, isUpToDate, read, remember, root, state } from './made.mjs'

/** Make the packs and the launcher, unless they are up to date. */
export async function bundle() {
  const own = ['runtime/setup/bundle.mjs', 'runtime/setup/launch.cjs']
  const made = await remembered('bundle', 'dist/stepbox.cjs', own, () => bundleInto(here('dist')))
  if (!made) return { done: 'dist/stepbox.cjs, as before' }
  const bytes = packs.reduce((sum, name) => sum + statSync(here('dist', `${name}.cjs`)).size, 0)
  return { done: `dist/stepbox.cjs, ${Math.round(bytes / 1024)} kB from ${made.length} files` }
}

/**
 * `main` has what `stepbox run` needs, with --trace too; `more` is read if need be, and `chinese`
 * in that language.
 */
const packs = ['main', 'more', 'chinese']

/** The Chinese of the program and of the chapters. */
const catalogues = /^(runtime\/cli\/chinese\.ts|chapters\/[^/]+\/zh\.json)/

/** Where the modules of `main` begin: the program, and the `import()`s that `run` comes by. */
const often =
  /^(chapters\/stepbox|chapters\/\d\d-[^/]+\/chapter|runtime\/cli\/(run|trace))\.ts$/

/**
 * Write the packs and the launcher to `dir`. esbuild splits the program into modules at each
 * `import()`. Gives the source files that went in.
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
    minify: true,
    external: ['esbuild', 'typescript'], // only the lab needs them, from node_modules
    plugins,
  })
  const { outputs } = metafile
  const paths = Object.keys(outputs)
  const neededOften = new Set()
  for (const path of paths)
    if (often.test(outputs[path].entryPoint ?? '')) withImports(path, outputs, neededOften)
  const packOfModule = (path) => {
    if (neededOften.has(path)) return 'main'
    return catalogues.test(outputs[path].entryPoint ?? '') ? 'chinese' : 'more'
  }
  const texts = paths.map((path) => {
    const { text } = outputFiles.find((each) => each.path === join(root, path))
    return { path, text, pack: packOfModule(path) }
  })
  mkdirSync(dir, { recursive: true })
  for (const name of packs) {
    const wanted = texts.filter(({ pack }) => pack === name)
    replace(join(dir, `${name}.cjs`), await packOf(wanted))
  }
  replace(join(dir, 'stepbox.cjs'), read('runtime/setup/launch.cjs'), 0o755)
  return Object.keys(metafile.inputs).sort()
}

/** Add to `known` the module `path` and all that it imports statically, directly or not. */
function withImports(path, outputs, known) {
  if (known.has(path)) return
  known.add(path)
  for (const { path: needed, kind, external } of outputs[path].imports)
    if (kind === 'import-statement' && !external) withImports(needed, outputs, known)
}

/**
 * The text of a pack: an object with a CommonJS function for each module, by name. The first line
 * holds a hash of the rest.
 */
async function packOf(modules) {
  const { transform } = await import('esbuild')
  const made = modules.map(async ({ path, text }) => {
    const { code } = await transform(text.replace(/^#!.*\n/, ''), {
      ...node20,
      ...commonJs,
      minify: true,
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
 * Make `product` with `make`, unless it is there and was made from the same files. `make` gives the
 * files that it read; `own` are further ones that it depends on. Gives what `make` gave, or
 * undefined if there was nothing to do.
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

/** `import()` becomes a promise of `require()`. */
const commonJs = { format: 'cjs', supported: { 'dynamic-import': false } }

/** Make one bundle with esbuild. Gives the files that went in. */
export async function bundled(options) {
  const { metafile } = await esbuild({ ...commonJs, ...options })
  return Object.keys(metafile.inputs).sort()
}

async function esbuild(options) {
  const { build } = await import('esbuild')
  return build({ absWorkingDir: root, bundle: true, metafile: true, ...node20, ...options })
}

/**
 * Run the program and keep the code that V8 compiled of it (keep.cjs): a container if this machine
 * can run one, else a plan, and the lists, which need the second pack. What a later run compiles is
 * added. Nothing is done if it was kept for these packs and this V8.
 */
export async function keepCompiled(canRun) {
  const kept = readdirSync(here('dist')).filter((name) => name.endsWith('.v8'))
  const keys = packs.map((name) => {
    const [, key] = /^\/\/ (\w+)/.exec(readFileSync(here('dist', `${name}.cjs`), 'latin1')) ?? []
    return `${key}-${process.versions.v8}`
  })
  if (keys.every((key) => kept.some((name) => name.startsWith(key)))) return
  const plan = ['--chapter', 'namespaces', 'plan', 'true']
  // Set-up is not what makes a network on the host: the first container with one does.
  const first = canRun ? ['run', '--rm', '--network', 'none', 'busybox', 'true'] : plan
  for (const args of [first, ['ps', '-a'], ['images']])
    await run(process.execPath, [here('runtime/setup/keep.cjs'), ...args])
  for (const name of kept) rmSync(here('dist', name), { force: true })
}
