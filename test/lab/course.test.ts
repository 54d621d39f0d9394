/** Tests. The course proves itself: each chapter's checks know right from wrong. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test, type TestContext, vi } from 'vitest'
import { answerFilesOf, starterOf } from '../../runtime/lab/course.ts'
import type { Verdict } from '../../runtime/lab/judge.ts'
import { declarations } from '../../runtime/lab/blank.ts'
import { sourceOf } from '../../runtime/lab/sources.ts'
import { rootWithBusybox, unpacked } from '../busybox.ts'
import { needs } from '../scratch.ts'
import { answersWith, courseOf, golden, goldenPath, samplesOf, taught } from './proof.ts'
import { verdictsBefore, verdictsOn, type Course } from './proof.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

describe.each(taught)('chapter $number', (entry) => {
  const course = async (context: TestContext): Promise<Course> => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    return courseOf(entry, { root, layers: await unpacked(root) })
  }

  test('the solution passes every check, in any order', async (context) => {
    const found = await course(context)
    const order = found.lab.checks.map(({ id }) => id).reverse()
    expect(summary(await verdictsOn(found, {}, order))).toEqual(
      Object.fromEntries(order.map((id) => [id, 'pass'])),
    )
  })

  test('the starter passes the worked examples and nothing else', async (context) => {
    const found = await course(context)
    const { checks } = found.lab
    expect(summary(await verdictsOn(found, await starterOf(found.lab)))).toEqual(
      Object.fromEntries(checks.map(({ id, points }) => [id, points === 0 ? 'pass' : 'fail'])),
    )
  })

  test('the program of the chapter before fails', async (context) => {
    const found = await course(context)
    const failed = (await verdictsBefore(found)).filter(({ status }) => status === 'fail')
    expect(failed.filter(({ most }) => most > 0).length).toBeGreaterThan(0)
  })

  test('a list of no steps scores nothing', async (context) => {
    const found = await course(context)
    const { lab } = found
    const starter = await starterOf(lab)
    const file = `chapters/${String(entry.number).padStart(2, '0')}-${entry.slug}/plan.ts`
    const empty = 'export function plan() {\n  return []\n}\n'
    const verdicts = await verdictsOn(found, { ...starter, [file]: empty })
    expect(verdicts.filter(({ score }) => score > 0)).toEqual([])
  })

  test.each(samplesOf(entry, 'right'))('$name is right, too', async (sample) => {
    const found = await proven(entry)
    const verdicts = await verdictsOn(found, await answersWith(found.lab, sample))
    expect(verdicts.filter(({ status }) => status !== 'pass').map(inShort)).toEqual([])
  })

  test.each(samplesOf(entry, 'wrong'))('$name is wrong, and is told why', async (sample) => {
    const found = await proven(entry)
    const { finds = '' } = sample
    const [verdict] = await verdictsOn(found, await answersWith(found.lab, sample), [finds])
    expect([verdict?.status, verdict?.reason]).toEqual(['fail', undefined])
    for (const language of ['en', 'zh'] as const) {
      const path = goldenPath(sample, language)
      const kept = existsSync(path) ? readFileSync(path, 'utf8') : ''
      expect(golden(verdict as Verdict, found, language)).toBe(kept)
    }
  })

  test('its points add up to ten, and its ids are unique', async () => {
    const { lab } = await courseOf(entry, { root: '', layers: [] })
    const ids = lab.checks.map(({ id }) => id)
    expect(lab.checks.reduce((sum, { points }) => sum + points, 0)).toBe(10)
    expect(new Set(ids).size).toBe(ids.length)
    const exercises = new Set(lab.exercises.map(({ id }) => id))
    expect(lab.checks.filter(({ exercise }) => !exercises.has(exercise))).toEqual([])
  })

  test('each exercise has three wrong solutions, and each of them its own message', async () => {
    const { lab } = await courseOf(entry, { root: '', layers: [] })
    const samples = samplesOf(entry, 'wrong')
    const exerciseOf = (id: string | undefined) =>
      lab.checks.find((check) => check.id === id)?.exercise
    for (const { id, kind } of lab.exercises.filter((each) => each.kind !== 'open')) {
      const own = samples.filter(({ finds }) => exerciseOf(finds) === id)
      expect(own.length, `${id} (${kind})`).toBeGreaterThanOrEqual(3)
    }
    const texts = samples.map((sample) => readFileSync(goldenPath(sample, 'en'), 'utf8'))
    expect(new Set(texts).size).toBe(texts.length)
    for (const text of texts) expect(text.split('\n').length).toBeLessThanOrEqual(21)
  })

  test('no hint quotes the solution', async () => {
    const { lab } = await courseOf(entry, { root: '', layers: [] })
    const lines = new Set<string>()
    for (const path of answerFilesOf(lab)) {
      const found = await declarations(sourceOf(path), lab.blanks[path] ?? [])
      for (const text of found.values())
        for (const line of text.split('\n').slice(1)) lines.add(line.trim())
    }
    const long = [...lines].filter((line) => line.length > 12)
    const hints = lab.exercises.flatMap((each) => each.hints.map(({ english }) => english))
    expect(hints.filter((hint) => long.some((line) => hint.includes(line)))).toEqual([])
    for (const { hints: own, kind, id } of lab.exercises)
      if (kind !== 'open') expect(own.length, id).toBeGreaterThanOrEqual(2)
  })
})

/** For tests that are made from files, and get no context. */
async function proven(entry: (typeof taught)[number]): Promise<Course> {
  const root = await rootWithBusybox()
  return courseOf(entry, { root, layers: await unpacked(root) })
}

function summary(verdicts: Verdict[]): Record<string, string> {
  return Object.fromEntries(
    verdicts.map(({ id, status, reason }) => [id.replace(/^\d+\//, ''), reason ?? status]),
  )
}

function inShort({ id, status, finding, reason }: Verdict): string {
  return `${id} ${status}: ${reason ?? finding?.saw.english} ${JSON.stringify(finding?.saw.values)}`
}
