/** Tests. Several at once attach to a container, type, and leave it by keys. */
import { describe, expect, test } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { until } from '../../test/detached.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'
import { attached, echoing, type Client } from './clients.ts'

/** What is typed, key by key, and what the container gets of it; as measured beside Docker's. */
const sequences: [keys: string, typed: string[], given: string, end?: 'left'][] = [
  ['ab', ['xa', 'x', 'y'], 'xaxy'],
  ['ab', ['a', 'ab'], 'aab'],
  ['abc', ['abab', 'cz'], 'ababcz'],
  ['aab', ['aaab'], 'aaab'],
  ['ab', ['xxab'], 'xx', 'left'],
  ['ab', ['aa', 'a', 'b'], 'aa', 'left'],
  ['ab', ['a', 'b'], '', 'left'],
  ['\x10\x11', ['\x10', '\x10', '\x11x'], '\x10\x10\x11x'],
  ['\0', ['y\0z'], 'y', 'left'],
]

describe('detach keys', () => {
  test('are held back while they match; others go on, in order', async (context) => {
    const { box } = await echoing(context)
    const other = attached(box)
    await look(other) // it is there
    for (const [keys, typed, given, end] of sequences) {
      const one = attached(box, keys)
      const before = other.said().length
      for (const text of typed) {
        one.type(text)
        await look(other) // what was typed before it has been read
      }
      if (end) expect(await one.ended).toMatchObject({ exitCode: 0, isDetached: true })
      else await until(() => withoutLooks(one.said()) === given)
      expect([keys, withoutLooks(other.said().slice(before))]).toEqual([keys, given])
      one.close()
    }
    expect(box.state().status).toBe('running')
  })

  test('are keys as others in a container without a terminal', async (context) => {
    const { box } = await echoing(context, ['-i'])
    const one = attached(box, 'ab', false)
    one.type('xab')
    await until(() => one.said() === 'xab')
  })
})

/** Each that types has its turn: when its second mark is back, all others have been read, too. */
async function look(at: Client): Promise<void> {
  for (const _ of [1, 2]) {
    const { length } = at.said()
    at.type('|')
    await until(() => at.said().slice(length).includes('|'))
  }
}

const withoutLooks = (text: string) => text.replaceAll('|', '')

describe('several at once', () => {
  test('type, and see what the others type', async (context) => {
    const { box } = await echoing(context)
    const all = Array.from('abc', () => attached(box))
    for (const each of all) await look(each) // they are there
    for (const [at, each] of all.entries()) each.type('abc'.charAt(at))
    const seen = () => all.map(({ said }) => withoutLooks(said()))
    await until(() => seen().every((text) => [...text].sort().join('') === 'abc'))
    expect(new Set(seen()).size).toBe(1)
  })

  test('are eight at most; a ninth is told so, and comes in when one leaves', async (context) => {
    const { root, box } = await echoing(context)
    const all = Array.from('12345678', (digit) => ({ digit, ...attached(box, 'q') }))
    for (const { digit, type, said } of all) {
      type(digit)
      await until(() => said().includes(digit))
    }
    const ninth = await stepbox(['attach', '--no-stdin', 'box'], { root })
    expect(ninth).toMatchObject({
      code: 1,
      err: "stepbox: cannot attach to container 'box': it has as many clients as it takes\n",
    })
    all[3]?.type('q')
    await all[3]?.ended
    const next = attached(box)
    next.type('n')
    await until(() => next.said() === 'n')
  })
})

describe('attach says what keeps it from a container', () => {
  test.for([
    ['created', ['create'], [], 'is not running; start -a starts it, and attaches'],
    ['ended', ['run', '-d'], ['wait'], 'is not running; start -a starts it, and attaches'],
    ['paused', ['run', '-d', '-it'], ['pause'], 'is paused; unpause it first'],
    ['restarting', ['run', '-d', '--restart', 'always'], [], 'waits for its next start; attach'],
  ] as const)('that is %s', async ([status, begin, then, words], context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const command = begin.some((word) => word === '-it') ? ['cat'] : ['true']
    await stepbox([...begin, '--name', 'box', 'busybox', ...command], { root })
    for (const word of then) await stepbox([word, 'box'], { root })
    const state = async () =>
      (await stepbox(['inspect', '-f', '{{.State.Status}} {{.RestartCount}}', 'box'], { root })).out
    const isWaiting = /^restarting [4-9]/ // for two seconds or more
    if (status === 'restarting') while (!isWaiting.test(await state())) continue
    const { code, out, err } = await stepbox(['attach', 'box'], { root })
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain(`container 'box' ${words}`)
    await stepbox(['rm', '-f', 'box'], { root })
  })

  test('whose input is a terminal, when its own is none', async (context) => {
    const { root } = await echoing(context)
    const { code, err } = await stepbox(['attach', 'box'], { root, input: '' })
    expect({ code, err }).toEqual({
      code: 1,
      err:
        'stepbox: standard input is no terminal, and that of the container is; --no-stdin\n',
    })
  })
})
