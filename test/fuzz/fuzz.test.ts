/** Tests. Each parser of foreign bytes, for a moment: `npm run fuzz` does the same for hours. */
import { randomInt } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { needs } from '../scratch.ts'
import { corpusOf, packed } from './corpus.ts'
import { fuzz } from './fuzz.ts'
import { whyNotBuilt } from './plan.ts'
import { Broken, rule, type Target } from './target.ts'
import { targets } from './targets.ts'
import { watched } from './watch.ts'
import { inWords } from './words.ts'

/** What CI says about a commit must not depend on chance; by hand, each run tries other inputs. */
const chosen = process.env['CI'] ? 1 : randomInt(2 ** 31)
/** The same again: `STEPBOX_SEED=7 npm test -- test/fuzz`. */
const seed = Number(process.env['STEPBOX_SEED'] ?? chosen)
const milliseconds = process.env['CI'] ? 15_000 : 400

describe('whatever bytes it gets, it parses them right or says in words why not:', () => {
  const thread = watched()
  afterAll(thread.end)
  for (const { name } of targets)
    test(`the reader of ${name}`, { retry: 0, timeout: 300_000 }, async (context) => {
      needs(context)
      const lacking = name === 'plan' ? whyNotBuilt() : undefined
      if (lacking) context.skip(`blocked: ${lacking}`)
      const found = await thread.fuzz(name, { seed, milliseconds })
      console.log(inWords(name, seed, found))
      expect(found.failure?.problem).toBe(undefined)
      expect(found.inputs).toBeGreaterThan(corpusOf(name).length)
    })
})

describe('a failure', () => {
  const demanding: Target = {
    name: 'demanding',
    seeds: () => [Buffer.from('a long beginning, then 1234567 and an end')],
    check: (bytes) => {
      rule(!bytes.includes('34'), 'it has 34 in it')
      return `${bytes.length % 7}`
    },
  }
  const effort = { seed: 1, milliseconds: 1000, show: () => {} }

  test('is found, and made as small as it can be', async () => {
    const { failure } = await fuzz(demanding, effort)
    expect(failure).toEqual({ problem: 'it has 34 in it', input: Buffer.from('34') })
  })

  test('is an error that is no error of ours, or a message for nobody', async () => {
    const throwing = (error: unknown): Target => ({
      ...demanding,
      check: () => {
        throw error
      },
    })
    const problemOf = async (error: unknown) =>
      (await fuzz(throwing(error), { ...effort, milliseconds: 0 })).failure?.problem
    expect(await problemOf(new TypeError('x is not iterable'))).toMatch('it threw a TypeError')
    expect(await problemOf(new RangeError('Invalid array length'))).toMatch('it threw a RangeError')
    expect(await problemOf(new Error('n'.repeat(2000)))).toBe('a message of 2000 characters')
    expect(await problemOf(new Broken('a rule'))).toBe('a rule')
    expect(await problemOf(new Error('the archive is damaged: it is cut off'))).toBe(undefined)
  })

  test('is replayed by one word', async () => {
    const found = { inputs: 1, taken: 0, outcomes: 0 }
    const failure = { problem: 'a rule', input: Buffer.from('34') }
    expect(inWords('tar', 7, { ...found, failure })).toBe(
      'fuzzed tar: 1 inputs, 0 of them taken, 0 outcomes; seed 7\n  a rule\n' +
        `  npm run fuzz -- --target tar --replay '${packed(failure.input)}'\n` +
        '  once it is mended, keep the input in test/fuzz/corpus/tar.json',
    )
  })

  test('comes with a seed that finds the same inputs again', async () => {
    const inputs = async () => {
      const shown: string[] = []
      const show = (input: Buffer) => void shown.push(input.toString('hex'))
      const pax = targets.find(({ name }) => name === 'pax') as Target
      await fuzz(pax, { seed: 9, milliseconds: Infinity, most: 50, show })
      return shown
    }
    const first = await inputs()
    expect(first).toHaveLength(50)
    expect(await inputs()).toEqual(first)
  })
})
