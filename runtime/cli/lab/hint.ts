/** `lab hint`: one hint more each time, the first from what was observed. */
import type { Answer, Input } from '../../command-line.ts'
import type { Exercise } from '../../chapter-lab.ts'
import { changeState } from '../../lab/state.ts'
import { sentence, type Sentence } from '../../sentence.ts'
import { wrap } from '../../tools/wrap.ts'
import { exerciseNamed, labSceneOf, type LabScene } from './common.ts'
import { nextExercise, standingIn, wholeId } from './standing.ts'

export async function labHint(input: Input): Promise<Answer> {
  const scene = await labSceneOf(input)
  const [id] = input.words
  const exercise =
    id === undefined ? nextExercise(await standingIn(scene), scene) : exerciseNamed(scene, id)
  if (!exercise) return { lines: [scene.say(sentence('all checks pass: no hint is needed'))] }
  const { levels, open } = await openedHints(scene, exercise)
  const { say, typed } = scene
  const opened = levels.slice(0, open).map((level) => level.map(say))
  const lines = opened.flatMap((level, at) => {
    const [first = '', ...more] = level.flatMap((text) => wrap(text, 76))
    return [`${at + 1}  ${first}`, ...more.map((line) => `   ${line}`)]
  })
  const values = { open, all: levels.length, typed }
  const rest =
    open < levels.length
      ? sentence('{open} of {all}; {typed} hint opens the next one', values)
      : sentence('these are all; {typed} diff --plan compares your list with the reference', values)
  return {
    lines: [say(exercise.title), '', ...lines, '', ...wrap(say(rest), 80)],
    json: { exercise: exercise.id, open, hints: opened },
  }
}

/** Open one hint more, and write that down. */
export async function openedHints(scene: LabScene, exercise: Exercise) {
  const { chapter, workspace } = scene
  const levels = levelsOf(scene, exercise)
  const key = wholeId(chapter.number, exercise.id)
  let open = 0
  await changeState(workspace.dir, (state) => {
    open = Math.min(levels.length, (state.hints[key] ?? 0) + 1)
    state.hints[key] = open
  })
  return { levels, open }
}

/** What the last failing test of the exercise has shown, and then its own hints. */
function levelsOf({ chapter, lab, workspace }: LabScene, exercise: Exercise): Sentence[][] {
  const { results } = workspace.state
  const failed = lab.checks
    .filter((check) => check.exercise === exercise.id)
    .map(({ id }) => results[wholeId(chapter.number, id)])
    .find((result) => result?.finding)
  return [observed(failed?.finding), ...exercise.hints.map((each) => [each])]
}

function observed(finding: { means: Sentence; hint: Sentence } | undefined): Sentence[] {
  if (!finding) return [sentence('nothing was judged yet: run the test, and read what it saw')]
  return [finding.means, finding.hint]
}
