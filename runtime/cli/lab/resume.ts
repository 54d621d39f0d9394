/** `lab`, `lab list`, `lab status`: where the learner is. */
import chalk from 'chalk'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { rowsUpTo } from '../../chapter.ts'
import type { Answer, Input } from '../../command-line.ts'
import { sentence } from '../../sentence.ts'
import { commandLines, labSceneOf, pathHere, type LabScene } from './common.ts'
import { headingOf, markOf } from './report.ts'
import { nextExercise, standingIn, type LabStanding } from './standing.ts'

/** `lab` alone: what fails next, and what to type. */
export async function labResume(input: Input): Promise<Answer> {
  const scene = await labSceneOf(input)
  const standing = await standingIn(scene)
  const lines = [headLine(scene, standing), '', ...(await nextLines(scene, standing))]
  return { lines, json: plain(scene, standing) }
}

/** `lab status`: the same for each exercise, in a line. */
export async function labStatus(input: Input): Promise<Answer> {
  const scene = await labSceneOf(input, input.words[0])
  const standing = await standingIn(scene)
  const { lab, say, workspace } = scene
  const lines = lab.exercises.flatMap(({ id, title }) => {
    const own = standing.checks.filter(({ check }) => check.exercise === id)
    const passed = own.filter(({ result }) => result?.status === 'pass')
    const isDone = passed.length === own.length
    const values = { title: say(title), passed: passed.length, all: own.length }
    return `${isDone ? '✓' : '·'} ${say(sentence('{title}: {passed} of {all} checks', values))}`
  })
  const dir = say(sentence('workspace {dir}', { dir: workspace.dir }))
  const stale = standing.isStale ? [say(staleness)] : []
  const head = [headLine(scene, standing), dir, '']
  return { lines: [...head, ...lines, ...stale], json: plain(scene, standing) }
}

/** `lab list`: exercises and checks with their state and points. */
export async function labList(input: Input): Promise<Answer> {
  const scene = await labSceneOf(input, input.words[0])
  const standing = await standingIn(scene)
  const { lab, say } = scene
  const exercises = lab.exercises.flatMap(({ id, file, kind }, at) => {
    const own = standing.checks.filter(({ check }) => check.exercise === id)
    const lines = own.map(({ check, result }) => {
      const { id: short, claim, points } = check
      const worth = points === 0 ? '' : ` ${say(sentence('({points})', { points }))}`
      return `  ${markOf(result?.status)} ${short.padEnd(24)} ${say(claim)}${worth}`
    })
    const where = kind === 'open' ? '' : `  ${file}`
    const heading = `${headingOf(lab, id, say)}  ${chalk.dim(`${id}${where}`)}`
    return [...(at > 0 ? [''] : []), heading, ...lines]
  })
  const stale = standing.isStale ? ['', say(staleness)] : []
  const lines = [headLine(scene, standing), '', ...exercises, ...stale]
  return { lines, isStyled: true, json: plain(scene, standing) }
}

const staleness = sentence('your files have changed since they were judged')

function headLine({ chapter, say }: LabScene, { points, most }: LabStanding): string {
  const { number, slug } = chapter
  const values = { number, slug, points, most }
  return say(sentence('chapter {number}, {slug}: {points} of {most} points', values))
}

async function nextLines(scene: LabScene, standing: LabStanding): Promise<string[]> {
  const { say, typed, workspace } = scene
  const { next } = standing
  const exercise = nextExercise(standing, scene)
  if (!next || !exercise) return afterwards(scene)
  const file = pathHere(join(workspace.dir, exercise.file))
  const isTested = next.result !== undefined
  const what = isTested ? sentence('fails next') : sentence('next')
  return [
    `${say(what)}: ${say(next.check.claim)}`,
    `  ${say(exercise.title)}`,
    `  ${file}`,
    ...(standing.isStale ? [`  ${say(staleness)}`] : []),
    '',
    ...commandLines([
      [`${typed} test -t ${next.check.id}`, say(sentence('judge this'))],
      [`${typed} watch`, say(sentence('judge all at each save'))],
      [`${typed} hint`, say(sentence('the next hint'))],
    ]),
  ]
}

/** All pass: how to go on. Nothing goes on by itself. */
async function afterwards({ input, chapter, workspace, say, typed }: LabScene): Promise<string[]> {
  const { chapters } = input.runtime
  const following = chapters.find(({ number }) => number === chapter.number + 1)
  const rows = following ? await rowsUpTo(chapters, following.number) : []
  const from = pathHere(workspace.dir)
  if (!following || !rows.at(-1)?.lab || !existsSync(workspace.dir))
    return [say(sentence('all checks of this chapter pass; it is the last one'))]
  const { number } = following
  const start = `${typed.replace(/ --lab .*/, '')} start ${number} --from ${from}`
  return [
    say(sentence('all checks of this chapter pass')),
    '',
    ...commandLines([
      [start, say(sentence('go on with chapter {number} and your own answers', { number }))],
      [`${typed} diff --solution`, say(sentence('compare with the reference'))],
    ]),
  ]
}

function plain({ workspace, chapter, lab, say }: LabScene, standing: LabStanding) {
  const { checks, points, most, next, isStale } = standing
  return {
    version: 1,
    dir: workspace.dir,
    chapter: chapter.number,
    ...{ points, most, isStale },
    next: next?.id ?? null,
    exercises: lab.exercises.map(({ id, kind, file, symbols, title }) => {
      const own = checks.filter(({ check }) => check.exercise === id)
      const list = own.map(({ id: whole, check, result }) => ({
        id: whole,
        claim: say(check.claim),
        points: check.points,
        status: result?.status ?? null,
      }))
      return { id, kind, file, symbols, title: say(title), checks: list }
    }),
  }
}
