/**
 * Set-up. Bundles the kernel tests into dist/guest-tests, to run where there is Node and neither
 * npm packages nor sources that could be loaded, as in the guest of `stepbox vm`.
 *
 *     run.cjs      the program: test/guest/run.ts
 *     worker.cjs   a process that runs tests: test/guest/worker.ts, with vitest's runner in it
 *     program.cjs  runs a module that a test names with ownProgram: test/guest/program.ts
 *     tests.cjs    all tests and what they import, except vitest; each file is loaded by its name
 *
 * What this gains over vitest in the guest: the tests of chapter 1, booting included, take 47 and
 * 53 s (two runs, 32 tests) instead of 190, 285 and 520 s (three runs, 43 tests), measured in turn
 * on a busy machine with emulated processors, November 2026. Vitest also needs 79 MB of packages
 * copied into the guest's memory, and five C libraries that Node itself does not load.
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdirSync, readdirSync } from 'node:fs'
import { dirname, posix, relative } from 'node:path'
import { bundled, remembered } from './bundle.mjs'
import { here, read, root, tablesNamed } from './made.mjs'

export async function bundleTests() {
  const files = testFiles()
  const makers = ['bundle-tests.mjs', 'bundle.mjs'].map((name) => `runtime/setup/${name}`)
  const settings = [...makers, ...tablesNamed('left-out.json')]
  const own = [...settings, ...files]
  const made = await remembered('tests', 'dist/guest-tests/run.cjs', own, async () => {
    rmSync(here('dist/guest-tests.new'), { recursive: true, force: true })
    mkdirSync(here('dist/guest-tests.new'), { recursive: true })
    const inputs = await bundled({
      entryPoints: ['run', 'worker', 'program'].map((name) => `test/guest/${name}.ts`),
      outdir: 'dist/guest-tests.new',
      outExtension: { '.js': '.cjs' },
      banner: { js: "const projectRoot = require('node:path').join(__dirname, '../..')" },
      plugins: [dirnames],
    })
    const entryOf = (file) => `  '${file}': () => import('./${file}'),\n`
    const table = [...files, ...programsIn(files)].map(entryOf).join('')
    const more = await bundled({
      stdin: { contents: `export const files = {\n${table}}\n`, resolveDir: root },
      outfile: 'dist/guest-tests.new/tests.cjs',
      external: ['vitest'],
      sourcemap: 'external',
      plugins: [dirnames],
    })
    writeFileSync(here('dist/guest-tests.new/files.json'), JSON.stringify(files))
    rmSync(here('dist/guest-tests'), { recursive: true, force: true })
    renameSync(here('dist/guest-tests.new'), here('dist/guest-tests'))
    return [...new Set([...inputs, ...more])].filter((file) => file !== '<stdin>').sort()
  })
  if (!made) return { done: 'dist/guest-tests, as before' }
  const kilobytes = Math.round(statSync(here('dist/guest-tests/tests.cjs')).size / 1024)
  return { done: `dist/guest-tests, ${kilobytes} kB from ${made.length} files` }
}

/**
 * The files in which a test takes its context, to ask for what it needs of the kernel, without
 * those that left-out.json names.
 */
function testFiles() {
  const tables = tablesNamed('left-out.json').map((path) => JSON.parse(read(path)))
  const leftOut = tables.flat().map(({ file }) => file)
  const chapters = readdirSync(here('chapters')).filter((name) => /^\d\d-/.test(name))
  return [...chapters.sort().map((name) => `chapters/${name}`), 'test'].flatMap((dir) =>
    readdirSync(here(dir))
      .filter((name) => name.endsWith('.test.ts'))
      .sort()
      .map((name) => `${dir}/${name}`)
      .filter((path) => !leftOut.includes(path))
      .filter((path) => /\bcontext\b/.test(read(path).toString())),
  )
}

/** The modules that these tests start as separate programs. */
function programsIn(files) {
  const named = (file) => read(file).toString().matchAll(/\bownProgram\(\s*'([^']+)'/g)
  return [...new Set(files.flatMap((file) => [...named(file)].map(([, path]) => path)))]
}

/** Replaces `import.meta.dirname` with the source's place in the project, wherever that lies. */
const dirnames = {
  name: 'dirnames',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const own = relative(root, path).split('\\').join('/')
      if (own.startsWith('node_modules/')) return undefined
      const contents = readFileSync(path, 'utf8')
        .replaceAll('import.meta.dirname', `\`\${projectRoot}/${posix.dirname(own)}\``)
        .replaceAll('import.meta.filename', `\`\${projectRoot}/${own}\``)
      return { contents, loader: 'ts', resolveDir: dirname(path) }
    })
  },
}
