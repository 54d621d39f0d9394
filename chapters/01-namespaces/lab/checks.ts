/** What must be true of a container of chapter 1, seen from the host. */
import type { Check, Facts } from '../../../runtime/chapter-lab.ts'
import { lookAt, type Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { mountChecks } from './mount-checks.ts'
import { nameChecks } from './name-checks.ts'

const waiting = { script: 'true', then: 'true' }

export const checks: Check[] = [
  {
    id: 'nothing-leaks',
    exercise: 'planner',
    points: 0,
    isBlackBox: true,
    claim: sentence('no file that the machine has open can be read in the container'),
    judge: (bench) =>
      lookAt(bench, {
        did: sentence('ran a container while a directory was open, and read its /proc/PID/fd'),
        wish: waiting,
        see: leaks,
      }),
  },
  {
    id: 'process-one',
    exercise: 'planner',
    points: 1,
    isBlackBox: true,
    claim: sentence('the command is process 1, with no process beside its own'),
    judge: async (bench) =>
      (await lookAt(bench, {
        did: sentence('ran a container, and read NSpid in its /proc/PID/status from the host'),
        wish: waiting,
        see: notOne,
      })) ??
      (await lookAt(bench, {
        did: sentence('ran a container with --pid host'),
        wish: { ...waiting, flags: ['--pid', 'host'] },
        see: notTheMachines,
      })),
  },
  {
    id: 'dies-with-parent',
    exercise: 'planner',
    points: 1,
    isBlackBox: false,
    claim: sentence('the container ends when the process that waits for it is killed'),
    judge: (bench) =>
      lookAt(bench, {
        did: sentence('ran a container, and killed its parent with SIGKILL'),
        wish: waiting,
        see: async ({ status, machine }, { orphan }) => {
          if (Number(status['PPid']) === machine.pid) return noParent()
          return (await orphan()) ? livesOn() : undefined
        },
      }),
  },
  ...nameChecks,
  ...mountChecks,
]

function leaks({ descriptors }: Facts): Seen | undefined {
  const [open] = Object.keys(descriptors).filter((number) => Number(number) > 2)
  if (open === undefined) return undefined
  return {
    expected: sentence('descriptors 0, 1 and 2, and no other'),
    saw: sentence('descriptor {open} is open in the container, and leads to {path}', {
      open,
      path: descriptors[open] ?? '',
    }),
    means: sentence(
      'what the caller has open is inherited: the command can read it without a path',
    ),
    hint: sentence('close_range closes everything from a number on: which number is the first?'),
  }
}

function notOne(facts: Facts): Seen | undefined {
  const { nspid, namespaces, machine, pidForChildren, status } = facts
  const expected = sentence('a pid namespace of its own, in which the shell is process 1')
  const number = nspid.at(-1) ?? 0
  const isOwn = namespaces['pid'] !== machine.namespaces['pid']
  if (isOwn && number === 1) return undefined
  if (isOwn)
    return {
      expected,
      saw: sentence('it has a pid namespace of its own, and is process {number} there', { number }),
      means: sentence('another process came first: the list forks more often than it unshares'),
      hint: sentence('how many children does the list have after unshare(CLONE_NEWPID)?'),
    }
  const hasParent = Number(status['PPid']) !== machine.pid
  if (pidForChildren !== namespaces['pid'])
    return {
      expected,
      saw: sentence('it is process {number} of the machine; its next child would be process 1', {
        number,
      }),
      means: hasParent
        ? sentence('the list makes its child first, and the pid namespace when that is too late')
        : sentence('unshare(CLONE_NEWPID) does not move its caller, and the list makes no child'),
      hint: sentence('which process is in the new namespace: the caller, or its next child?'),
    }
  return {
    expected,
    saw: sentence('it is process {number} of the machine', { number }),
    ...(!hasParent
      ? {
          means: sentence('no step made a pid namespace, and none made a child'),
          hint: sentence('begin with processIds: its comment says which calls it takes'),
        }
      : {
          means: sentence(
            "the list forks, and the child has stayed in the machine's pid namespace",
          ),
          hint: sentence('what has to be called before the fork, and with which flag?'),
        }),
  }
}

function notTheMachines({ namespaces, machine, status }: Facts): Seen | undefined {
  const expected = sentence('the pid namespace of the machine, and a parent that waits')
  if (namespaces['pid'] !== machine.namespaces['pid'])
    return {
      expected,
      saw: sentence('the container has a pid namespace of its own'),
      means: sentence('the list does not depend on the option pid'),
      hint: sentence('processIds has a parameter: when is it undefined, when is it host?'),
    }
  if (Number(status['PPid']) !== machine.pid) return undefined
  return {
    expected,
    saw: sentence("the shell is in the machine's pid namespace, and no process waits for it"),
    means: sentence('with a shared namespace there is no fork in the list'),
    hint: sentence('read the last sentence of the comment above processIds again'),
  }
}

function noParent(): Seen {
  return {
    expected: sentence('a process that waits for the container, and the kernel kills both'),
    saw: sentence('no process waits for the container: the list makes no child'),
    means: sentence('the list is carried out to its end by the process that it was given to'),
    hint: sentence('processIds is about this: which of its calls returns twice?'),
  }
}

function livesOn(): Seen {
  return {
    expected: sentence('the kernel kills the container, too'),
    saw: sentence('the parent is dead, and the container lives on under another parent'),
    means: sentence('the child has not asked the kernel for a signal when its parent dies'),
    hint: sentence('man 2 prctl, and who has to make this call: the parent or the child?'),
  }
}
