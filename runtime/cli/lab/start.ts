/** `lab start N`: make a workspace. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { rowsUpTo, traitsOf } from '../../chapter.ts'
import { checkout } from '../../checkout.ts'
import { UsageError, valueOf, type Answer, type Input } from '../../command-line.ts'
import { folderOf } from '../../lab/course.ts'
import { answersIn, findWorkspace, makeWorkspace } from '../../lab/workspace.ts'
import { sentence } from '../../sentence.ts'
import { commandLines, languageIn, pathHere, speakerFor } from './common.ts'
import { rememberLast } from './last.ts'
import { readmeOf } from './readme.ts'
import { typedIn } from './typing.ts'

export async function labStart(input: Input): Promise<Answer> {
  const { chapters, root } = input.runtime
  const [word = '', place] = input.words
  const entry = chapters.find(({ number, slug }) => word === `${number}` || word === slug)
  const rows = await rowsUpTo(chapters, entry?.number ?? 0)
  const say = await speakerFor(input, rows)
  const chapter = rows.at(-1)
  const lab = await chapter?.lab?.()
  const last = chapters.at(-1)?.number ?? 0
  if (!chapter || !lab) {
    const values = { word, last }
    const none = sentence("no chapter '{word}'; have: 1 to {last}", values)
    throw new UsageError(say(chapter ? sentence('chapter {word} has no lab', values) : none))
  }
  const here = findWorkspace(process.cwd())?.dir
  const beside = here === undefined ? '.' : dirname(here) // no workspace is in another
  const dir = resolve(place ?? join(beside, folderOf(chapter).replace('chapters/', 'lab-')))
  if (existsSync(dir)) {
    const isOurs = findWorkspace(dir)?.dir === dir
    const values = { dir, typed: typedIn(process.cwd()) }
    throw new UsageError(say(isOurs
      ? sentence('{dir} is a workspace already; to go on there: {typed} lab --lab {dir}', values)
      : sentence('{dir} exists: give another directory', values)))
  }
  const earlier = await earlierAnswers(input, rows.slice(0, -1))
  const language = languageIn(input)
  const name = language === 'zh' ? 'README.zh.md' : 'README.md'
  const text = join(checkout, folderOf(chapter), name)
  const hasImages = traitsOf(rows).root !== 'host'
  const readme = readmeOf({ chapter, lab, say, text, hasImages })
  await makeWorkspace(rows, { dir, language, readme, earlier })
  rememberLast(root, dir)
  const { number, slug } = chapter
  const typed = `${typedIn(process.cwd())} lab`
  const offer = sentence('see that your earlier chapter passes here')
  const own: [string, string][] =
    Object.keys(earlier).length === 0
      ? []
      : [[`${typed} test ${number - 1}`, say(offer)]]
  const heading = sentence('chapter {number}, {slug}, in {dir}', { number, slug, dir })
  const files = [...new Set(lab.exercises.map(({ file }) => file))]
  const inDir = (path: string) => pathHere(join(dir, path))
  return {
    json: { dir, chapter: number, files, own: Object.keys(earlier) },
    lines: [
      say(heading),
      '',
      say(sentence('write in')),
      ...files.map((path) => `  ${inDir(path)}`),
      say(sentence('what to do is in {path}', { path: inDir('README.md') })),
      '',
      ...commandLines([
        [`${typed} test`, say(sentence('judge what is written'))],
        [`${typed} watch`, say(sentence('the same after each save'))],
        ...own,
      ]),
    ],
  }
}

/** With `--from`: the learner's own answers to the chapters before. */
async function earlierAnswers(input: Input, rows: Parameters<typeof answersIn>[1]) {
  const from = valueOf(input, 'from')
  if (from === undefined) return {}
  const workspace = findWorkspace(from)
  const say = await speakerFor(input)
  if (!workspace) throw new UsageError(say(sentence("no workspace in '{dir}'", { dir: from })))
  const { chapter } = workspace.state
  return answersIn(workspace, rows.filter(({ number }) => number <= chapter))
}
