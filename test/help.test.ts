/** Tests. Help that is asked for goes to standard output; words to come say what to use. */
import { describe, expect, test } from 'vitest'
import { commandsOf } from '../runtime/cli/words.ts'
import { helpText } from '../runtime/cli/help.ts'
import { groups } from '../runtime/cli/groups.ts'
import { globalFlags } from '../runtime/cli/global-flags.ts'
import { dockerCommands, dockerFlags, untilThen } from '../runtime/cli/docker-words.ts'
import { chapters } from '../chapters/table.ts'
import { rowsTo } from './rows.ts'
import { scratch } from './scratch.ts'
import { stepbox } from './stepbox.ts'

const asking = [
  ...[['--help'], ['-h'], ['help']],
  ...[['run', '--help'], ['run', '-h'], ['help', 'run'], ['--help', 'run']],
  ...[['run', '-it', '--help', 'busybox'], ['ps', '-a', '--help'], ['image', 'prune', '--help']],
  ...[['image', '--help'], ['help', 'image'], ['help', 'image', 'ls'], ['container', 'ls', '-h']],
]

describe('help that is asked for', () => {
  test.for(asking)('is on standard output: %j', async (args) => {
    const ended = await stepbox(args, { root: scratch() })
    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(ended.out).toContain('Usage: stepbox')
  })

  test('and the usage after nothing was typed is an error', async () => {
    for (const args of [[], ['image'], ['container']]) {
      const ended = await stepbox(args, { root: scratch() })
      expect(ended).toMatchObject({ code: 125, out: '' })
      expect(ended.err).toContain('Usage: stepbox')
    }
  })

  test('has no line over 80 columns, in any chapter', async () => {
    const wide: string[] = []
    for (const { number } of chapters) {
      const rows = await rowsTo(number)
      const topics = [
        {},
        ...Object.keys(groups).map((group) => ({ group })),
        ...commandsOf(rows).map((command) => ({ command })),
      ]
      const lines = topics.flatMap((topic) => helpText(topic, rows, globalFlags).split('\n'))
      wide.push(...lines.filter((line) => line.replace(/\x1b\[\d+m/g, '').length > 80))
    }
    expect(wide).toEqual([])
  })

  test('has an example for each command that takes flags or words', async () => {
    const without = commandsOf(await rowsTo()).filter(({ examples }) => !examples?.length)
    expect(without.map(({ name }) => name)).toEqual([])
  })
})

test('what to use until a word comes is said of words that are to come', () => {
  const flags = Object.values(dockerFlags).flatMap((all) => all.map(({ long }) => `--${long}`))
  const known = [...Object.keys(dockerCommands), ...flags]
  expect(Object.keys(untilThen).filter((word) => !known.includes(word))).toEqual([])
})

const typed: [args: string[], says: RegExp][] = [
  [['save', 'x'], /'save' comes in chapter \d.*\n {2}until then: the store is an OCI layout/],
  [['stp', 'x'], /did you mean 'stop'\?/],
  [['imges'], /did you mean 'images'\?/],
  [['contaner', 'ls'], /did you mean 'container'\?/],
  [['run', '--restat', 'no', 'busybox'], /unknown flag: --restat/],
  [['run', '--nam', 'x', 'busybox'], /unknown flag: --nam; did you mean --name\?/],
  [['commit', '-p', 'a', 'b'], /--p is not part of Stepbox: a container that runs is always/],
  [['compose', 'up'], /'compose' is not part of Stepbox/],
]

describe('a word that is not understood', () => {
  test.for(typed)('%j', async ([args, says]) => {
    const ended = await stepbox(args, { root: scratch() })
    expect([ended.code, ended.out]).toEqual([125, ''])
    expect(ended.err).toMatch(says)
  })
})
