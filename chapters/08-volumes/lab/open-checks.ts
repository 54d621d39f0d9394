/** Trees of the machine are opened by the lines of a learner's function. */
import type { Bench, Check, Finding } from '../../../runtime/chapter-lab.ts'
import type { Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import type { Step } from '../../../runtime/step.ts'
import { dev, home, missing, mountAt, tryOut } from './given.ts'

const planner = 'runtime/08-volumes/attach.ts'
const open = { exercise: 'open', isBlackBox: false } as const

export const openChecks: Check[] = [
  {
    id: 'same',
    ...open,
    points: 1,
    claim: sentence('a container and its machine have the same directory'),
    judge: same,
  },
  {
    id: 'read-only',
    ...open,
    points: 2,
    claim: sentence('read-only is what is mounted below, too'),
    judge: readOnly,
  },
  {
    id: 'propagation',
    ...open,
    points: 1,
    claim: sentence('a mount is private, unless another propagation was asked for'),
    judge: propagated,
  },
]

function same(bench: Bench): Promise<Finding | undefined> {
  const { word } = bench
  const did = sentence('gave {dir} to a container, which wrote a file there', { dir: home })
  const script = `echo ${word} > /given/${word}`
  return tryOut(bench, { did, flags: ['-v', `${home}:/given`], script }, (facts) => {
    if (!mountAt(facts, '/given')) return missing('/given')
    if (facts.machine.read(`${home}/${word}`)?.trim() === word) return undefined
    return {
      expected: sentence('the machine has the file in {dir}', { dir: home }),
      saw: sentence('the machine has no such file'),
      means: sentence('another directory is mounted there'),
      hint: sentence('what does open_tree open, and under which number?'),
    }
  })
}

function readOnly(bench: Bench): Promise<Finding | undefined> {
  const { word } = bench
  const did = sentence('gave {dir} to a container, read-only', { dir: dev })
  const script = [
    `(echo > /given/${word}) 2> /dev/null && echo above`,
    `(echo > /given/shm/${word}) 2> /dev/null && echo below`,
    '[ -d /given/shm ] || echo bare',
  ].join('\n')
  return tryOut(bench, { did, flags: ['-v', `${dev}:/given:ro`], script }, (facts, { out }) => {
    if (!mountAt(facts, '/given')) return missing('/given')
    const expected = sentence('Read-only file system, in the directory and in those below')
    if (out().includes('above'))
      return {
        expected,
        saw: sentence('it has written a file there'),
        means: sentence('the mount can be written to'),
        hint: sentence('which attribute has a mount that is read-only?'),
      }
    if (out().includes('below'))
      return {
        expected,
        saw: sentence('it has written a file to shm in it, which is another mount'),
        means: sentence('read-only is a property of one mount, and there are several'),
        hint: sentence('which flag makes mount_setattr go through the whole tree?'),
      }
    if (mountAt(facts, '/given/shm')) return undefined
    return {
      expected: sentence('the mounts below are there, too'),
      saw: sentence('no mount below'),
      means: sentence('the top mount was opened alone'),
      hint: sentence('which flag makes open_tree take what is mounted below?'),
    }
  })
}

/** With `rw` a container is run; the others need a shared mount on the host, so they are asked. */
async function propagated(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('gave {dir} to a container', { dir: home })
  const flags = ['-v', `${home}:/given`]
  const found = await tryOut(bench, { did, flags, script: 'true' }, (facts) => {
    const mount = mountAt(facts, '/given')
    if (!mount) return missing('/given')
    const kind = mount.propagation.replace(/:\d+/g, '') || 'private'
    return kind === 'private' ? undefined : ended('private', kind)
  })
  return found ?? (await asked(bench, 'rslave', 'slave')) ?? asked(bench, 'rshared', 'shared')
}

type Kind = keyof typeof reasons

async function asked({ ask }: Bench, propagation: string, wanted: Kind) {
  const given = { source: home, target: '/given', isFile: false, readOnly: false }
  const tree = { type: 'tree', ...given, isRecursive: true, propagation }
  const steps = await ask(planner, 'openTrees', { volumes: [tree] })
  const kind = lastKind(steps)
  const did = sentence('asked openTrees for {dir} with {propagation}', { dir: home, propagation })
  return kind === wanted ? undefined : { did, ...ended(wanted, kind) }
}

/** What the copy of a shared mount is in the end. */
function lastKind(steps: unknown): string {
  const calls = (Array.isArray(steps) ? steps : []).map((each) => (each as Partial<Step>)?.call)
  const set = calls.flatMap((call) => (call?.[0] === 'mount_setattr_tree' ? call[4] : []))
  return set.at(-1)?.replace('MS_', '').toLowerCase() ?? 'shared'
}

function ended(wanted: Kind, kind: string): Seen {
  return {
    expected: sentence('the copy is {kind}', { kind: wanted }),
    saw: sentence('the copy is {kind}', { kind }),
    ...reasons[wanted],
  }
}

const reasons = {
  private: {
    means: sentence('the copy of a shared mount is a peer of it, if nothing is done about it'),
    hint: sentence('what does mount_setattr have beside attributes?'),
  },
  slave: {
    means: sentence('it was to hear of what the machine mounts, and to tell nothing'),
    hint: sentence('which of the values makes a mount a slave of its peers?'),
  },
  shared: {
    means: sentence('it was to be a peer of the mount of the machine'),
    hint: sentence('what is the copy of a shared mount, when nothing is changed?'),
  },
}
