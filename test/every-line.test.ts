/** Tests. Every line earns its place: each is left out in turn, and something visibly breaks. */
import { describe, expect, test } from 'vitest'
import { consequences as namespaces } from '../chapters/01-namespaces/consequences.ts'
import {
  plan as namespacesPlan,
  type Options as NamespacesOptions,
} from '../chapters/01-namespaces/plan.ts'
import { placesOf, without, type Consequence } from '../runtime/consequence.ts'
import { observe } from '../runtime/experiment.ts'
import type { Step } from '../runtime/step.ts'
import { strace } from '../runtime/strace.ts'
import { needs } from './scratch.ts'

interface Subject<Options> {
  slug: string
  plan: (options: Options) => Step[]
  consequences: Consequence<Options>[]
  /** The options that a row starts from, for a command that runs `script`. */
  ordinary: (script: string) => Options
}

function everyLineOf<Options>({ slug, plan, consequences, ordinary }: Subject<Options>): void {
  const planFor = (row: Consequence<Options>, script = row.see.inside) =>
    plan({ ...ordinary(script), ...row.options })

  describe(slug, () => {
    test('no line is without a consequence', () => {
      const known = consequences.flatMap((row) => {
        const list = planFor(row, '')
        return placesOf(list, row).map((place) => occurrence(list, place))
      })
      const all = consequences.reduce(
        (options, row) => ({ ...options, ...row.options }),
        ordinary(''),
      )
      const list = plan(all)
      const lines = list.map((_, place) => occurrence(list, place))
      expect(lines.filter((line) => !known.includes(line))).toEqual([])
    })

    for (const row of consequences) {
      test(`without ${nameOf(row, planFor(row))}, ${row.consequence}`, async (context) => {
        needs(context, 'root')
        const list = planFor(row)
        const { kept, broken } = row.see
        expect(await observe(list, row.see, row.before)).toMatch(whole(kept))
        for (const place of placesOf(list, row)) {
          const seen = await observe(without(list, place, row.flag), row.see, row.before)
          expect({ line: lineAt(list, place), seen }).toEqual({
            line: lineAt(list, place),
            seen: expect.stringMatching(whole(broken)),
          })
          expect(seen).not.toMatch(whole(kept))
        }
      })
    }
  })
}

/** What a row leaves out, as a reader would call it. */
function nameOf<Options>(row: Consequence<Options>, list: Step[]): string {
  const [place] = placesOf(list, row)
  if (place === undefined) throw new Error(`no line matches ${row.drop}`)
  return row.flag ?? lineAt(list, place).slice(0, 60)
}

function lineAt(plan: Step[], place: number): string {
  const line = plan[place]
  return line ? strace(line.call) : ''
}

function whole(source: string): RegExp {
  return new RegExp(`^(?:${source})$`, 's')
}

/** A line, told apart from others that read the same. */
function occurrence(plan: Step[], place: number): string {
  const lines = plan.slice(0, place + 1).map((_, at) => lineAt(plan, at))
  const line = lineAt(plan, place)
  return `${lines.filter((each) => each === line).length}. ${line}`
}

everyLineOf<NamespacesOptions>({
  slug: 'chapter 1',
  plan: namespacesPlan,
  consequences: namespaces,
  ordinary: (script) => ({
    argv: ['sh', '-c', script],
    env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'],
    hostname: 'box',
    network: 'none',
  }),
})
