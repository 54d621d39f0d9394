/** Tests. A copy of the checkout with imaginary chapters in it, made of the texts in imaginary/. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { chapters } from '../chapters/table.ts'

export const checkout = join(import.meta.dirname, '..')

/** What is made, or is none of the project's files. */
export const made = ['.git', 'node_modules', 'dist', 'stepbox', 'out']

/** Copy the checkout to a new directory, which the caller removes. */
export function copied({ withMade = false } = {}): string {
  const copy = mkdtempSync(join(tmpdir(), 'stepbox-imaginary-'))
  const left = withMade ? made.slice(0, 2) : made
  const isLeft = (path: string) => left.includes(path.slice(path.lastIndexOf('/') + 1))
  const options = { recursive: true, preserveTimestamps: true }
  for (const name of readdirSync(checkout).filter((each) => !isLeft(each)))
    cpSync(join(checkout, name), join(copy, name), { ...options, filter: (path) => !isLeft(path) })
  symlinkSync(join(checkout, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** The environment of programs in `copy`. */
export function envOf(copy: string): Record<string, string> {
  const { PATH = '', TMPDIR = tmpdir(), HOME = '/root' } = process.env
  return { PATH, TMPDIR, HOME, STEPBOX_ROOT: join(copy, 'dist/data'), NO_COLOR: '1' }
}

interface Imaginary {
  number: number
  slug: string
}

/** A program with `count` chapters more, in a copy of the checkout; `root` has an image. */
export function programWith(count: number, root: string): { copy: string; path: string } {
  const copy = copied({ withMade: true })
  const { number: last = 0 } = chapters.at(-1) ?? {}
  for (let at = 1; at <= count; at++)
    addChapter(copy, { number: last + at, slug: `imaginary${at}` })
  const script = `import { bundle, keepCompiled } from './runtime/setup/bundle.mjs'
    await bundle()
    await keepCompiled(true)`
  const env = { ...envOf(copy), STEPBOX_ROOT: root }
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: copy, env })
  return { copy, path: join(copy, 'dist/stepbox.cjs') }
}

/** The folder of a chapter, in chapters/ and in runtime/. */
export function folderOf({ number, slug }: Imaginary): string {
  return `${String(number).padStart(2, '0')}-${slug}`
}

/** Add a chapter to `copy`: its folders, and a row in the table of chapters. */
export function addChapter(copy: string, chapter: Imaginary): void {
  const folder = folderOf(chapter)
  const texts = join(import.meta.dirname, 'imaginary')
  for (const [from, to] of [['chapter', 'chapters'], ['runtime', 'runtime']] as const)
    for (const name of readdirSync(join(texts, from), { recursive: true, encoding: 'utf8' })) {
      const text = name.endsWith('.txt') ? filled(join(texts, from, name), chapter) : undefined
      if (text) write(join(copy, to, folder, name.slice(0, -'.txt'.length)), text)
    }
  write(join(copy, 'chapters', folder, 'plan.ts'), planWithNiceness(copy, chapter))
  const { number, slug } = chapter
  const row = `  {
    number: ${number},
    slug: '${slug}',
    load: async () => (await import('./${folder}/chapter.ts')).chapter,
  },
`
  insert(join(copy, 'chapters/table.ts'), { before: /\]\n$/, text: row })
}

/** Add the call of the imaginary chapter: a file of its own, and a line in each table of calls. */
export function addCall(copy: string, chapter: Imaginary): void {
  const name = `${folderOf(chapter)}.c`
  const text = filled(join(import.meta.dirname, 'imaginary/native.c.txt'), chapter)
  write(join(copy, 'native', name), text)
  const inC = join(copy, 'native/calls.c')
  insert(inC, { before: /#include <sys\/socket\.h>/, text: '#include <sys/resource.h>\n' })
  const line = `  /* ${name} */ \\\n  CALL(setpriority, "fnn") \\\n`
  insert(inC, { before: / {2}\/\* tools\.c \*\/ \\\n/, text: line })
  const flag = `    /* ${name} */\n    FLAG(PRIO_PROCESS),\n`
  insert(inC, { before: / {4}\/\* tools\.c \*\/\n/, text: flag })
  const inTypeScript = join(copy, 'runtime/calls.ts')
  const type = "  | [name: 'setpriority', which: 'PRIO_PROCESS', who: number, level: number]\n"
  insert(inTypeScript, { before: / {2}\/\/ Only for tools, .*\n/, text: type })
  const inTable = join(copy, 'runtime/call-table.ts')
  insert(inTable, { before: / {2}seccomp: \{/, text: "  setpriority: { kinds: 'fnn' },\n" })
}

/** The list of the last chapter, with one line more. */
function planWithNiceness(copy: string, { number, slug }: Imaginary): string {
  const { number: last = 0, slug: lastSlug = '' } = chapters.at(-1) ?? {}
  const path = join(copy, 'chapters', folderOf({ number: last, slug: lastSlug }), 'plan.ts')
  const folder = folderOf({ number, slug })
  return readFileSync(path, 'utf8')
    .replace(/^\/\*\*.*\*\/\n/, `/** Chapter ${number}. The list so far, and niceness. */\n`)
    .replace(/^import/m, `import { niceness } from '../../runtime/${folder}/niceness.ts'\nimport`)
    .replace(/^ {4}(?=\.{3}(\w+\()?command\()/m, `    ...niceness(options.${slug}), // new\n    `)
}

/** A text with the number, slug and folder of `chapter`. */
function filled(path: string, { number, slug }: Imaginary): string {
  return readFileSync(path, 'utf8')
    .replaceAll('NUMBER', String(number))
    .replaceAll('FOLDER', folderOf({ number, slug }))
    .replaceAll('SLUG', slug)
}

/** Put `text` in front of the one place that `before` matches. */
function insert(path: string, { before, text }: { before: RegExp; text: string }): void {
  const old = readFileSync(path, 'utf8')
  if (old.split(before).length !== 2) throw new Error(`${path} has ${before} not exactly once`)
  writeFileSync(path, old.replace(before, (found) => text + found))
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
