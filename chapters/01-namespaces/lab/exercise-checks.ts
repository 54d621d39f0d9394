/** The smaller exercises of chapter 1: each answer meets the kernel. */
import { readFileSync } from 'node:fs'
import type { Bench, Check, Facts, Finding } from '../../../runtime/chapter-lab.ts'
import { lookAt, type Seen } from '../../../runtime/lab-findings.ts'
import { parseMountinfo } from '../../../runtime/mountinfo.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { onProc, peersAmong } from './mount-checks.ts'
import { predictions } from './predictions.ts'
import { answers } from './tasks.ts'

const given = 'chapters/01-namespaces/lab/given.ts'
const waiting = { script: 'true', then: 'true' }

export const exerciseChecks: Check[] = [
  {
    id: 'predicted',
    exercise: 'predict',
    points: 1,
    isBlackBox: false,
    claim: sentence('you predict what the kernel does when a line is missing'),
    judge: predictions,
  },
  {
    id: 'peers-found',
    exercise: 'peers',
    points: 1,
    isBlackBox: false,
    claim: sentence('peers finds the mounts that travel, and no others'),
    judge: (bench) =>
      lookAt(bench, {
        did: sentence('called peers with the mountinfo of a new container and of its machine'),
        wish: { list: { file: given, symbol: 'varied' }, ...waiting },
        see: (facts) => judgePeers(bench, facts),
      }),
  },
  {
    id: 'mounts-follow',
    exercise: 'repair',
    points: 1,
    isBlackBox: false,
    claim: sentence('mounts of the machine arrive in the container, and none travels back'),
    judge: (bench) =>
      lookAt(bench, {
        did: sentence('ran a container with the list that following() gives'),
        wish: {
          list: { file: answers, symbol: 'following' },
          script: 'set -- /proc/[0-9]*; echo $#',
          then: 'true',
        },
        see: (facts, { out }) => notFollowing(facts, Number(out().trim())),
      }),
  },
  {
    id: 'two-deep',
    exercise: 'nested',
    points: 1,
    isBlackBox: false,
    claim: sentence('nested makes a container in a container, and leaves the machine alone'),
    judge: (bench) =>
      lookAt(bench, {
        did: sentence('ran a container with the list that nested() gives, and read its NSpid'),
        wish: {
          list: { file: answers, symbol: 'nested' },
          script: 'set -- /proc/[0-9]*; echo $#',
          then: 'true',
        },
        see: (facts, { out }) => notNested(facts, Number(out().trim())),
      }),
  },
]

async function judgePeers({ ask }: Bench, facts: Facts): Promise<Seen | undefined> {
  const [mine, theirs] = [facts.pid, facts.machine.pid].map((pid) =>
    readFileSync(`/proc/${pid}/mountinfo`, 'utf8'),
  ) as [string, string]
  const right = peersAmong(parseMountinfo(mine), parseMountinfo(theirs)).map(({ target }) => target)
  const answer = await ask(answers, 'peers', mine, theirs)
  const found = Array.isArray(answer) ? answer.map(String) : []
  const expected = sentence('{n} mount points, / among them', { n: right.length })
  const extra = found.find((each) => !right.includes(each))
  if (extra !== undefined) return tooMany(extra, { mine, expected })
  const missing = right.find((each) => !found.includes(each))
  if (missing === undefined)
    return found.join() === right.join() ? undefined : outOfOrder(found.length, expected)
  return {
    expected,
    saw: sentence('{n} mount points; {missing} is not among them', { n: found.length, missing }),
    means:
      found.length === 0
        ? sentence('no line was taken for a peer: nothing is written yet, or nothing matches')
        : sentence('a peer was overlooked'),
    hint: sentence('which field of its line says shared, and with which number?'),
  }
}

interface Excess {
  mine: string
  expected: Finding['expected']
}

function tooMany(extra: string, { mine, expected }: Excess): Seen {
  const line = mine.split('\n').find((each) => each.split(' ')[4] === extra)
  if (line === undefined)
    return {
      expected,
      saw: sentence('{extra}, which is no mount point there', { extra }),
      means: sentence('another field was returned than the mount point'),
      hint: sentence('count the fields: the mount point is the fifth'),
    }
  const fields = line.split(' ')
  const optional = fields.slice(5, fields.indexOf('-', 6) + 1).join(' ')
  const kind = optional.includes('shared:')
    ? sentence('it is shared, and the machine has no mount with that number')
    : optional.includes('master:')
      ? sentence('it is a slave: it receives from that group, and sends nothing into it')
      : sentence('it is private: it has no optional field, and the hyphen follows at once')
  return {
    expected,
    saw: sentence('{fields}', { fields: `${extra} ${optional}` }),
    means: kind,
    hint: sentence('compare the optional fields of this line with those of the other file'),
  }
}

function outOfOrder(n: number, expected: Finding['expected']): Seen {
  return {
    expected,
    saw: sentence('the right mount points, but {n} of them, or in another order', { n }),
    means: sentence('each line of the first file counts once, in its order'),
    hint: sentence('go through the lines of the first file, and keep or drop each'),
  }
}

function notFollowing(facts: Facts, count: number): Seen | undefined {
  const { nspid, namespaces, machine, mounts } = facts
  const expected = sentence("process 1, alone in its /proc; its mounts slaves of the machine's")
  if (namespaces['pid'] === machine.namespaces['pid'] || nspid.at(-1) !== 1)
    return {
      expected,
      saw: sentence('it is process {n} of the machine', { n: nspid.at(-1) ?? 0 }),
      means: sentence('the child was made before the pid namespace that it should be in'),
      hint: sentence('who is moved by unshare(CLONE_NEWPID)? In which order do the two come?'),
    }
  const isOwn = namespaces['mnt'] !== machine.namespaces['mnt']
  const peers = peersAmong(mounts, machine.mounts)
  if (!isOwn || (onProc(machine.mounts) > 1 && peers.length === 0))
    return {
      expected,
      saw: sentence("the machine's /proc is mounted {n} times", { n: onProc(machine.mounts) }),
      means: sentence("the container's /proc was mounted where the machine sees it"),
      hint: sentence('what has to be done before the first mount, so that it stays inside?'),
    }
  if (peers.length > 0)
    return {
      expected,
      saw: sentence("{n} mounts are peers of the machine's", { n: peers.length }),
      means: sentence('what is mounted in the container travels to the machine'),
      hint: sentence('shared goes both ways. Which kind goes one way, and for how many mounts?'),
    }
  if (!mounts.some(({ target, propagation }) => target === '/' && /master:/.test(propagation)))
    return {
      expected,
      saw: sentence('its / is private: mountinfo has no master for it'),
      means: sentence('nothing travels at all: what is mounted on the machine does not arrive'),
      hint: sentence('it should receive and not send: man 7 mount_namespaces names that kind'),
    }
  return count === 1 ? undefined : othersInProc(expected, count)
}

function othersInProc(expected: Finding['expected'], count: number): Seen {
  return {
    expected,
    saw: sentence('{count} processes in its /proc', { count }),
    means: sentence("its /proc is the machine's, or was mounted by a process of the machine's"),
    hint: sentence('/proc shows the namespace of the process that mounts it: which step is that?'),
  }
}

function notNested(facts: Facts, count: number): Seen | undefined {
  const { nspid, namespaces, machine, mounts } = facts
  const levels = nspid.length - machine.nspid.length
  const expected = sentence("two numbers more than the machine's processes have; the last is 1")
  if (nspid.at(-1) !== 1 || levels < 2)
    return {
      expected,
      saw: sentence("it is process {last} in a namespace that is {depth} below the machine's", {
        last: nspid.at(-1) ?? 0,
        depth: String(levels),
      }),
      means:
        levels === 0
          ? sentence("the command is in the machine's pid namespace")
          : levels === 1
            ? sentence('there is one namespace; nothing lies between it and the machine')
            : sentence('in the innermost one another process came first'),
      hint: sentence('each unshare(CLONE_NEWPID) waits for a child: count both in your list'),
    }
  const covered = onProc(machine.mounts)
  const isOwn = namespaces['mnt'] !== machine.namespaces['mnt']
  const peers = isOwn ? peersAmong(mounts, machine.mounts).length : 0
  if (covered > 1 || peers > 0)
    return {
      expected: sentence('a machine as it was'),
      saw:
        covered > 1
          ? sentence("the machine's /proc is mounted {n} times", { n: covered })
          : sentence("{n} mounts are peers of the machine's", { n: peers }),
      means: sentence('a mount of the container has reached the machine, or could reach it'),
      hint: sentence('depth of pid namespaces says nothing about mounts: what keeps them inside?'),
    }
  return count === 1 ? undefined : othersInProc(expected, count)
}
