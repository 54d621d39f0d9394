/** Its own names, message queues, groups and network. */
import type { Bench, Check, Facts, Finding } from '../../../runtime/chapter-lab.ts'
import { lookAt, type Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'

export const nameChecks: Check[] = [
  {
    id: 'own-name',
    exercise: 'planner',
    points: 1,
    isBlackBox: true,
    claim: sentence('the container has a name of its own, and the machine keeps its name'),
    judge: async (bench) => (await ownName(bench)) ?? (await machinesName(bench)),
  },
  {
    id: 'own-network',
    exercise: 'planner',
    points: 1,
    isBlackBox: true,
    claim: sentence('message queues, groups and network are its own, and 127.0.0.1 answers'),
    judge: async (bench) => (await ownTables(bench)) ?? (await sharedTables(bench)),
  },
]

async function ownName(bench: Bench): Promise<Finding | undefined> {
  const { word } = bench
  const domain = `domain-${word}`
  return lookAt(bench, {
    did: sentence('ran a container with --hostname {word} --domainname {domain}', { word, domain }),
    wish: {
      flags: ['--hostname', word, '--domainname', domain],
      script: 'uname -n; cat /proc/sys/kernel/domainname',
      then: 'true',
    },
    see: (facts, { out }) => {
      const [name = '', domainname = ''] = out().split('\n')
      if (facts.machine.hostname === word) return renamed(facts, word)
      if (name !== word) return notNamed(facts, { word, name })
      return domainname === domain ? undefined : noDomain(domain, domainname)
    },
  })
}

function renamed({ namespaces, machine }: Facts, word: string): Seen {
  const isShared = namespaces['uts'] === machine.namespaces['uts']
  return {
    expected: sentence('{word} as the name in the container, and none but the old one outside', {
      word,
    }),
    saw: sentence('the machine itself is called {word} now', { word }),
    ...(isShared
      ? {
          means: sentence("the container shares the machine's UTS namespace: it has one name"),
          hint: sentence('which flag of unshare stands for names?'),
        }
      : {
          means: sentence(
            'the name was set first, and the new UTS namespace began as a copy of it',
          ),
          hint: sentence('in which order do unshare and sethostname have to come?'),
        }),
  }
}

function notNamed({ namespaces, machine }: Facts, names: { word: string; name: string }): Seen {
  const isShared = namespaces['uts'] === machine.namespaces['uts']
  return {
    expected: sentence('uname -n prints {word} in the container', names),
    saw: sentence('it prints {name}', names),
    ...(isShared
      ? {
          means: sentence('the container has no UTS namespace of its own, and no name was set'),
          hint: sentence('first a table of names of its own, then a name: namespaces, hostname'),
        }
      : {
          means: sentence(
            'its UTS namespace is its own, and still has the name it was copied with',
          ),
          hint: sentence('hostname is given the name: which call puts it into the kernel?'),
        }),
  }
}

function noDomain(domain: string, name: string): Seen {
  return {
    expected: sentence('the domain name {domain} in the container', { domain }),
    saw: sentence('its domain name is {name}', { name }),
    means: sentence('only one of the two names of uname(2) was set'),
    hint: sentence('hostname has a second name in its options; it may be undefined'),
  }
}

async function machinesName(bench: Bench): Promise<Finding | undefined> {
  let before = ''
  const plain = await lookAt(bench, {
    did: sentence('ran a container'),
    wish: { script: 'true', then: 'true' },
    see: ({ machine }) => void (before = machine.hostname),
  })
  return (
    plain ??
    lookAt(bench, {
      did: sentence('ran a container with --uts host'),
      wish: { flags: ['--uts', 'host'], script: 'true', then: 'true' },
      see: ({ namespaces, machine }) => {
        const expected = sentence("the machine's UTS namespace, and the machine's name as it was")
        if (namespaces['uts'] !== machine.namespaces['uts'])
          return {
            expected,
            saw: sentence('the container has a UTS namespace of its own'),
            means: sentence('the flags of unshare do not depend on the option uts'),
            hint: sentence('which flag has to be left out when uts is host?'),
          }
        if (machine.hostname === before) return undefined
        return {
          expected,
          saw: sentence('the machine was called {before}, and has another name now', { before }),
          means: sentence('sethostname was called in a namespace that is shared with the machine'),
          hint: sentence('what is left for hostname to do when uts is host?'),
        }
      },
    })
  )
}

const tables = { ipc: 'message queues', cgroup: 'control groups', net: 'network' } as const

async function ownTables(bench: Bench): Promise<Finding | undefined> {
  return lookAt(bench, {
    did: sentence('ran a container that sends one packet to 127.0.0.1'),
    wish: { script: 'ping -c 1 -W 1 127.0.0.1 >/dev/null 2>&1 && echo answered', then: 'true' },
    see: ({ namespaces, machine }, { out }) => {
      const all = Object.keys(tables) as (keyof typeof tables)[]
      const shared = all.find((kind) => namespaces[kind] === machine.namespaces[kind])
      if (shared)
        return {
          expected: sentence('ipc, cgroup and net namespaces that the machine is not in'),
          saw: sentence('/proc/PID/ns/{kind} is the same for the container and the machine', {
            kind: shared,
          }),
          means: sentence('that table is shared: what happens in one is seen in the other'),
          hint: sentence('there is a flag of unshare for each kind of namespace; is one missing?'),
        }
      if (out().includes('answered')) return undefined
      return {
        expected: sentence('an answer'),
        saw: sentence("no answer: the container's network is its own, and lo in it is down"),
        means: sentence('a new network namespace has a loopback, and nobody has switched it on'),
        hint: sentence('loopback is about this: which flag does an interface that is up have?'),
      }
    },
  })
}

async function sharedTables(bench: Bench): Promise<Finding | undefined> {
  return lookAt(bench, {
    did: sentence('ran a container with --network host --ipc host'),
    wish: { flags: ['--network', 'host', '--ipc', 'host'], script: 'true', then: 'true' },
    see: ({ namespaces, machine }) => {
      const kind = ['net', 'ipc'].find((each) => namespaces[each] !== machine.namespaces[each])
      if (!kind) return undefined
      return {
        expected: sentence('the net and ipc namespaces of the machine'),
        saw: sentence("its {kind} namespace is another one than the machine's", { kind }),
        means: sentence('the flags of unshare are the same, whatever was asked for'),
        hint: sentence(
          'namespaces is given network, ipc, uts and cgroupns: when is a flag left out?',
        ),
      }
    },
  })
}
