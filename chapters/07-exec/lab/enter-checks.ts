/** Somebody is let into a container by the lines of a learner's functions. */
import type { Bench, Box, Check, Finding } from '../../../runtime/chapter-lab.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'
import { tryRead } from '../../../runtime/files.ts'
import { boxGroup, file, kinds, letIn, openBox, pidFd, targetOf, type LetIn } from './newcomer.ts'

const enter = { isBlackBox: false } as const

export const enterChecks: Check[] = [
  {
    id: 'joined',
    exercise: 'enter',
    points: 3,
    ...enter,
    claim: sentence('a newcomer is in each of the namespaces of the container'),
    judge: joined,
  },
  {
    id: 'counted',
    exercise: 'enter',
    points: 1,
    ...enter,
    claim: sentence('a newcomer is in the groups of the container'),
    judge: counted,
  },
  {
    id: 'inside',
    exercise: 'directory',
    points: 2,
    ...enter,
    claim: sentence('a newcomer starts where it was asked to, and never outside of the root'),
    judge: inside,
  },
]

/** What was let in, and how it was asked for. */
async function entered(bench: Bench, box: Box, cwd?: string): Promise<LetIn> {
  const target = targetOf(box.facts as NonNullable<Box['facts']>)
  const groups = await bench.ask(file, 'joinGroups', target)
  const namespaces = await bench.ask(file, 'enterNamespaces', target, pidFd)
  if (cwd === undefined) return letIn({ target, groups, namespaces })
  const directory = await bench.ask(file, 'directoryInside', cwd)
  return letIn({ target, groups, namespaces, directory, cwd })
}

/** Why no process was let in. */
function notIn(did: Sentence, { failure, refused }: LetIn): Finding {
  const expected = sentence('the newcomer is there, and waits')
  const hint = sentence('read the comment above each function; plan exec prints our lines')
  const nothing = sentence('no newcomer')
  if (refused) return { did, expected, saw: nothing, means: refused, hint }
  if (!failure) {
    const means = sentence('the process that became the command was not found')
    return { did, expected, saw: nothing, means, hint }
  }
  const saw = sentence('{call} = {errno}', { ...failure })
  return { did, expected, saw, means: meaningOf(failure), hint }
}

function meaningOf({ call, errno }: NonNullable<LetIn['failure']>): Sentence {
  if (call === 'pidfd_open') return sentence('the process that was opened is not the one on record')
  if (call === 'setns_pidfd' && errno === 'EBADF')
    return sentence('nothing is open under the number that setns was given')
  if (call === 'setns_pidfd' && errno === 'EINVAL')
    return sentence('it is in that namespace already, and that one cannot be joined twice')
  if (call === 'write') return sentence('the files of the group are out of reach by then')
  return sentence('a line could not be made where it stands')
}

async function joined(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('let somebody into a container with your lines')
  const box = await openBox(bench, did)
  if (!('facts' in box) || !box.facts) return box as Finding
  const found = await entered(bench, box)
  if (!found.seen) return notIn(did, found)
  const { namespaces } = found.seen
  const others = kinds.filter((kind) => namespaces[kind] !== box.facts?.namespaces[kind])
  if (others.length === 0) return undefined
  const isOnlyPid = others.join() === 'pid'
  return {
    did,
    expected: sentence('its namespaces are those of process 1'),
    saw: sentence('others: {names}', { names: others.join(', ') }),
    means: isOnlyPid
      ? sentence('setns does not move a process to another pid namespace, only its children')
      : sentence('what is not joined is still that of the host'),
    hint: isOnlyPid
      ? sentence('which call makes a process that is born inside?')
      : sentence('for which of the names in target.namespaces is there a line?'),
  }
}

async function counted(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('let somebody into a container with your lines')
  const box = await openBox(bench, did)
  if (!('facts' in box) || !box.facts) return box as Finding
  const found = await entered(bench, box)
  if (!found.seen) return notIn(did, found)
  const wanted = tryRead(`/proc/${box.facts.pid}/cgroup`) ?? ''
  const lines = wanted.split('\n').filter((line) => boxGroup.test(line))
  const missing = lines.filter((line) => !found.seen?.groups.includes(line))
  if (missing.length === 0) return undefined
  const isNone = missing.length === lines.length
  return {
    did,
    expected: sentence('it is in each group that process 1 is in'),
    saw: isNone
      ? sentence('it is in none of them')
      : sentence('{n} of its groups are not joined', { n: missing.length }),
    means: sentence('what it uses there is not counted, and no limit holds for it'),
    hint: sentence('target.members has a file for each group; what is written to it?'),
  }
}

async function inside(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('let somebody in, to start in /tmp')
  const box = await openBox(bench, did)
  if (!('facts' in box) || !box.facts) return box as Finding
  const found = await entered(bench, box, '/tmp')
  if (!found.seen) return notIn(did, found)
  if (found.seen.cwd !== '/tmp')
    return {
      did,
      expected: sentence('its working directory is {path}', { path: '/tmp' }),
      saw: sentence('its working directory is {path}', { path: found.seen.cwd }),
      means: sentence('it starts in the directory in which the namespaces were joined'),
      hint: sentence('which call changes the working directory?'),
    }
  return outside(bench, box)
}

/** The directory is one of the host, which the list has open. */
async function outside(bench: Bench, box: Box): Promise<Finding | undefined> {
  const did = sentence('let somebody in, to start in a directory of the host that is open')
  const found = await entered(bench, box, `/proc/self/fd/${pidFd - 1}`)
  if (found.failure?.call === 'getcwd') return undefined
  return {
    did,
    expected: sentence('getcwd = ENOENT, and no command'),
    saw: found.failure
      ? sentence('{call} = {errno}', { ...found.failure })
      : sentence('it runs, and stands outside of the root'),
    means: sentence('the directory was not checked after it was entered'),
    hint: sentence('the kernel knows whether it has a path from the root: which call asks it?'),
  }
}
