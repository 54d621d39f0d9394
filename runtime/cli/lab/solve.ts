/** `lab solve`, `lab reset`, `lab undo`: answer files replaced, and brought back. */
import type { Answer, Input } from '../../command-line.ts'
import type { Exercise } from '../../chapter-lab.ts'
import { declarations, patched } from '../../lab/blank.ts'
import type { Answers } from '../../lab/bundle.ts'
import { answerFilesOf } from '../../lab/course.ts'
import { replaceAnswers, undoLast } from '../../lab/saved.ts'
import { sourceOf } from '../../lab/sources.ts'
import { answersIn, starterIn } from '../../lab/workspace.ts'
import { sentence } from '../../sentence.ts'
import { exerciseNamed, labSceneOf, type LabScene } from './common.ts'

/** Put the reference in, of one exercise or of all. */
export async function labSolve(input: Input): Promise<Answer> {
  return replace(await labSceneOf(input), sourceOf)
}

/** Begin anew with what was given. */
export async function labReset(input: Input): Promise<Answer> {
  const scene = await labSceneOf(input)
  const starter = await starterIn(scene.workspace, scene.chapter)
  return replace(scene, (path) => starter[path] ?? '')
}

export async function labUndo(input: Input): Promise<Answer> {
  const { workspace, say } = await labSceneOf(input)
  const undone = undoLast(workspace)
  if (!undone) return { lines: [say(sentence('nothing to undo'))], code: 1 }
  const { paths, kept } = undone
  return {
    lines: [
      ...paths.map((path) => say(sentence('{path} is as it was', { path }))),
      say(sentence('what was there until now is in {kept}', { kept })),
    ],
    json: undone,
  }
}

async function replace(scene: LabScene, textOf: (path: string) => string): Promise<Answer> {
  const { input, lab, workspace, say, typed } = scene
  const [id] = input.words
  const wanted =
    id === undefined
      ? Object.fromEntries(answerFilesOf(lab).map((path) => [path, textOf(path)]))
      : await oneExercise(scene, exerciseNamed(scene, id), textOf)
  const changed = replaceAnswers(workspace, wanted)
  const lines = changed.map((path) => say(sentence('{path} is replaced', { path })))
  const after =
    changed.length > 0
      ? sentence('{typed} undo brings back what you had written', { typed })
      : sentence('nothing to replace: the files are like that already')
  return { lines: [...lines, say(after)], json: { changed } }
}

/** The declarations of one exercise, in its files as they are now. */
async function oneExercise(
  { lab, workspace, rows }: LabScene,
  { symbols }: Exercise,
  textOf: (path: string) => string,
): Promise<Answers> {
  const wanted: Answers = {}
  for (const file of answerFilesOf(lab)) {
    const blanks = lab.blanks[file] ?? []
    const [own, others] = [true, false].map((is) =>
      blanks.filter((name) => symbols.includes(name) === is),
    )
    if (!own?.length) continue
    if (!others?.length) wanted[file] = textOf(file)
    else {
      const found = await declarations(textOf(file), [...own, ...(lab.dropped?.[file] ?? [])])
      const now = (await answersIn(workspace, rows))[file] ?? ''
      wanted[file] = await patched(now, [...found.values()].join('\n\n'))
    }
  }
  return wanted
}
