/**
 * Set-up. The tests that ask for what they need, in dist/guest-tests: for a machine that has Node
 * and the program, and neither packages nor sources that could be loaded.
 *
 *     run.cjs      the program: test/guest/run.ts
 *     worker.cjs   a process that runs tests: test/guest/worker.ts, with vitest's runner in it
 *     program.cjs  runs a module that a test names with ownProgram: test/guest/program.ts
 *     tests.cjs    all tests and what they import, but vitest; each file is loaded by its name
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdirSync, readdirSync } from 'node:fs'
import { dirname, posix, relative } from 'node:path'
import { bundled, remembered } from './bundle.mjs'
import { here, read, root } from './made.mjs'

export async function bundleTests() {
  const files = testFiles()
  const makers = ['bundle-tests.mjs', 'bundle.mjs'].map((name) => `runtime/setup/${name}`)
  const settings = [...makers, 'test/guest/left-out.json']
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
 * The files with a test that takes its context, as the others ask for nothing; but those that are
 * left out for a reason.
 */
function testFiles() {
  const leftOut = JSON.parse(read('test/guest/left-out.json')).map(({ file }) => file)
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

/** The modules that these tests start as programs of their own. */
function programsIn(files) {
  const named = (file) => read(file).toString().matchAll(/\bownProgram\(\s*'([^']+)'/g)
  return [...new Set(files.flatMap((file) => [...named(file)].map(([, path]) => path)))]
}

/** `import.meta.dirname` is where the source is in the project, wherever the project lies. */
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
