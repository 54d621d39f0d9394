/** The smaller exercises: what two containers share, and what outlives one. */
import type { Bench, Check, Finding } from '../../../runtime/chapter-lab.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'
import type { Given } from './exercises.ts'

const answers = 'chapters/08-volumes/lab/exercises.ts'

export const smallChecks: Check[] = [
  {
    id: 'shared',
    exercise: 'read',
    points: 1,
    isBlackBox: false,
    claim: sentence('sharedPaths names the directories that two containers share'),
    judge: (bench) => judged(bench, 'sharedPaths', pairs),
  },
  {
    id: 'outlived',
    exercise: 'predict',
    points: 1,
    isBlackBox: false,
    claim: sentence('outlived names what is still there after a container'),
    judge: (bench) => judged(bench, 'outlived', ends),
  },
]

interface Case {
  did: Sentence
  given: unknown[]
  wanted: unknown
  means: Sentence
  hint: Sentence
}

async function judged(bench: Bench, name: string, cases: Case[]): Promise<Finding | undefined> {
  for (const { did, given, wanted, means, hint } of cases) {
    const found = await bench.ask(answers, name, ...given)
    if (JSON.stringify(found) === JSON.stringify(wanted)) continue
    const expected = sentence('{what}', { what: inShort(wanted) })
    const saw = sentence('{what}', { what: inShort(found) })
    return { did, expected, saw, means, hint }
  }
  return undefined
}

function inShort(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.replaceAll('"', '').replaceAll(',', ', ').slice(0, 120)
}

/** A container's mountinfo: its root, /proc, and what else it has. */
function mountinfo(number: number, ...rows: string[]): string {
  const own = [
    `${number}0 1 0:${number} / / rw,relatime - overlay overlay rw`,
    `${number}1 ${number}0 0:${number}1 / /proc rw,nosuid - proc proc rw`,
  ]
  const all = rows.map((row, at) => `${number}${at + 2} ${number}0 ${row} - ext4 /dev/sda1 rw`)
  return `${[...own, ...all].join('\n')}\n`
}

const orders = '8:1 /volumes/orders/_data'

const pairs: Case[] = [
  {
    did: sentence('asked about two containers that were given nothing'),
    given: [mountinfo(5), mountinfo(6)],
    wanted: [],
    means: sentence('both have a / and a /proc, which are others'),
    hint: sentence('is it the path that has to be the same?'),
  },
  {
    did: sentence('asked about two that have one volume, at different paths'),
    given: [
      mountinfo(5, `${orders} /data rw,relatime`),
      mountinfo(6, `${orders} /srv/orders rw,relatime`),
    ],
    wanted: ['/data'],
    means: sentence('the same directory has one path in the first, and another in the second'),
    hint: sentence('which of the fields say what is shown, and which say where?'),
  },
  {
    did: sentence('asked about two with different directories of one disk'),
    given: [
      mountinfo(5, '8:1 /volumes/orders/_data /data rw,relatime'),
      mountinfo(6, '8:1 /volumes/pages/_data /data rw,relatime'),
    ],
    wanted: [],
    means: sentence('one disk has many directories'),
    hint: sentence('is the number of the device enough?'),
  },
  {
    did: sentence('asked about directories of the same name on two disks'),
    given: [
      mountinfo(5, '8:1 /shop /data rw,relatime'),
      mountinfo(6, '8:2 /shop /data rw,relatime'),
    ],
    wanted: [],
    means: sentence('a name on another disk is another directory'),
    hint: sentence('what does a directory need to be told from all others?'),
  },
  {
    did: sentence('asked about two, of which one has the volume read-only'),
    given: [
      mountinfo(5, `${orders} /data rw,relatime`),
      mountinfo(6, `${orders} /data ro,relatime`),
    ],
    wanted: ['/data'],
    means: sentence('who may only read it has it too'),
    hint: sentence('which fields have to be the same, and which need not be?'),
  },
  {
    did: sentence('asked about two that share two directories'),
    given: [
      mountinfo(5, `${orders} /srv rw,relatime`, '8:1 /shop /conf ro,relatime'),
      mountinfo(6, `${orders} /a rw,relatime`, '8:1 /shop /b rw,relatime'),
    ],
    wanted: ['/conf', '/srv'],
    means: sentence('both are shared, in alphabetical order'),
    hint: sentence('in which order are the paths found?'),
  },
]

const all: Given[] = [
  { path: '/bind', type: 'bind' },
  { path: '/named', type: 'volume', name: 'orders' },
  { path: '/unnamed', type: 'volume' },
  { path: '/run', type: 'tmpfs' },
]

const ends: Case[] = [
  {
    did: sentence('asked about a container that was stopped'),
    given: [all, 'stop'],
    wanted: ['/bind', '/etc', '/named', '/unnamed'],
    means: sentence('its write layer is there, and what was in memory is not'),
    hint: sentence('what can a container find again that is started once more?'),
  },
  {
    did: sentence('asked about one that was removed'),
    given: [all, 'rm'],
    wanted: ['/bind', '/named', '/unnamed'],
    means: sentence('its write layer goes with it, and no volume does without being asked for'),
    hint: sentence('where is /etc kept, and what does volume ls --filter dangling=true list?'),
  },
  {
    did: sentence('asked about one that was removed with rm -v'),
    given: [all, 'rm -v'],
    wanted: ['/bind', '/named'],
    means: sentence('the volume without a name goes with it, and nothing else'),
    hint: sentence('who could ask for a volume by its name later?'),
  },
  {
    did: sentence('asked about one that was run with --rm'),
    given: [all, 'run --rm'],
    wanted: ['/bind', '/named'],
    means: sentence('--rm removes what rm -v removes'),
    hint: sentence('compare it with the two ways to remove it by hand'),
  },
  {
    did: sentence('asked about one that was given nothing, and was removed'),
    given: [[], 'rm'],
    wanted: [],
    means: sentence('all of it was in the write layer'),
    hint: sentence('where is /etc kept?'),
  },
]
