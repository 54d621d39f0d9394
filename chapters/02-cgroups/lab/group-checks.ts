/** The group of a container: made, joined, and `/` for those in it. */
import { existsSync, readdirSync } from 'node:fs'
import type { Check, Facts } from '../../../runtime/chapter-lab.ts'
import { tryRead } from '../../../runtime/files.ts'
import { lookAt, type Seen } from '../../../runtime/lab-findings.ts'
import { parseMountinfo } from '../../../runtime/mountinfo.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { refusals } from './refusals.ts'

export const groupChecks: Check[] = [
  {
    id: 'own-group',
    exercise: 'planner',
    points: 1,
    isBlackBox: true,
    claim: sentence('the container is in a group of its own, and the process that waits is not'),
    judge: (bench) =>
      lookAt(bench, {
        did: sentence('ran a container, and read /proc/PID/cgroup from the host'),
        wish: { script: 'true', then: 'true' },
        known: refusals,
        see: notInGroup,
      }),
  },
  {
    id: 'own-view',
    exercise: 'planner',
    points: 1,
    isBlackBox: true,
    claim: sentence('the container sees its own group as /'),
    judge: (bench) =>
      lookAt(bench, {
        did: sentence('ran a container that prints the paths in its /proc/self/cgroup'),
        wish: { script: 'cut -d: -f3- /proc/self/cgroup | sort -ur', then: 'true' },
        known: refusals,
        see: (facts, { out }) => notInGroup(facts) ?? foreignView(facts, out()),
      }),
  },
]

/** The trees that every container is in: those of version 1 by their controllers, or `''`. */
function treesOf(groups: Record<string, string>): string[] {
  const counting = ['cpuacct', 'memory', 'blkio', 'freezer']
  const isCounting = (list: string) => list.split(',').some((each) => counting.includes(each))
  const first = Object.keys(groups).filter(isCounting)
  return first.length > 0 ? first : ['']
}

/** The groups of another process, by the list of controllers. */
function groupsOf(pid: number): Record<string, string> {
  const lines = (tryRead(`/proc/${pid}/cgroup`) ?? '').trim().split('\n')
  return Object.fromEntries(lines.map((line) => line.split(':').slice(1) as [string, string]))
}

/** What is wrong with the group that the shell is in. */
export function notInGroup(facts: Facts): Seen | undefined {
  const { groups, machine, status } = facts
  const expected = sentence("a group below the machine's, with the container in it and no other")
  const trees = treesOf(groups)
  const outside = trees.filter((tree) => groups[tree] === machine.groups[tree])
  if (outside.length > 0 && outside.length < trees.length)
    return {
      expected,
      saw: sentence("in the tree of {tree} it is still in the machine's group", {
        tree: outside[0] ?? '',
      }),
      means: sentence('a process is in one group of each tree: it has to join every one of them'),
      hint: sentence(
        'groupPlaces gives more than one place on this machine: does the list use all?',
      ),
    }
  if (outside.length > 0) return hasGroupBelow(machine.groups, trees[0]) ? notJoined() : noGroup()
  const parent = groupsOf(Number(status['PPid']))
  if (!trees.some((tree) => parent[tree] === groups[tree])) return undefined
  return {
    expected,
    saw: sentence('the process that waits for the container is in its group, too'),
    means: sentence('it joined before the fork, and its child was born in the group'),
    hint: sentence('who is to join: the process that makes the group, or its child?'),
  }
}

/** Whether there is a group below the machine's that a list could have made. */
function hasGroupBelow(groups: Record<string, string>, tree = ''): boolean {
  const mounts = parseMountinfo(tryRead('/proc/self/mountinfo') ?? '')
  const mount = mounts.find(({ type, superOptions }) =>
    tree === '' ? type === 'cgroup2' : type === 'cgroup' && superOptions.endsWith(tree),
  )
  const dir = `${mount?.target}${groups[tree]}`.replace(/\/machine$/, '')
  const inside = existsSync(dir) ? readdirSync(dir, { withFileTypes: true }) : []
  return inside.some((each) => each.isDirectory() && each.name !== 'machine')
}

function notJoined(): Seen {
  return {
    expected: sentence("a group below the machine's, with the container in it and no other"),
    saw: sentence("the group is there, and empty; the container is in the machine's group"),
    means: sentence('no process has joined: its limits hold for no one'),
    hint: sentence('which file of a group takes the number of a process, and what does 0 mean?'),
  }
}

function noGroup(): Seen {
  return {
    expected: sentence("a group below the machine's, with the container in it and no other"),
    saw: sentence("the container is in the machine's group, and there is no group below that"),
    means: sentence('the list has no step that makes one: this is a container of chapter 1'),
    hint: sentence('a new directory is a new group: does plan() use group, and what does it give?'),
  }
}

function foreignView({ namespaces, machine }: Facts, text: string): Seen | undefined {
  const [path = ''] = text.trim().split('\n')
  if (path === '/') return undefined
  const isShared = namespaces['cgroup'] === machine.namespaces['cgroup']
  return {
    expected: sentence('/ for every tree'),
    saw: sentence('it reads the path {path}', { path }),
    means: isShared
      ? sentence("the container has the machine's view of groups")
      : sentence(
        'the cgroup namespace was made before the process joined: its root is another group',
      ),
    hint: sentence('which group does a new cgroup namespace take for its root?'),
  }
}
