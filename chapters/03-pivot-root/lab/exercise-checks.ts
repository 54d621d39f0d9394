/** The smaller exercises of chapter 3. */
import type { Bench, Check, Facts, Finding } from '../../../runtime/chapter-lab.ts'
import { parseMountinfo } from '../../../runtime/mountinfo.ts'
import type { Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { tryOut } from './findings.ts'
import { predictions, tried } from './predictions.ts'

const exercises = 'chapters/03-pivot-root/lab/exercises.ts'

export const exerciseChecks: Check[] = [
  {
    id: 'predicted',
    exercise: 'predict',
    points: 1,
    isBlackBox: false,
    claim: sentence('what the four lists do was predicted'),
    judge: async (bench) => {
      for (const prediction of predictions) {
        const found = await tried(bench, prediction)
        if (found) return found
      }
      return undefined
    },
  },
  {
    id: 'mounts-left',
    exercise: 'read',
    points: 1,
    isBlackBox: false,
    claim: sentence('mountsLeft finds the mounts of the host in a fresh mount table'),
    judge: readTable,
  },
  {
    id: 'mended-closed',
    exercise: 'repair',
    points: 1,
    isBlackBox: false,
    claim: sentence('the repaired list starts, and leaves nothing of the host'),
    judge: (bench) => {
      const did = sentence('carried out the list of mended()')
      const list = { file: exercises, symbol: 'mended' }
      return tryOut(bench, { did, script: 'true', list }, closed)
    },
  },
  {
    id: 'mended-proc',
    exercise: 'repair',
    points: 1,
    isBlackBox: false,
    claim: sentence('the repaired list shows the processes of the container in /proc'),
    judge: (bench) => {
      const did = sentence('listed /proc in a container that mended() made')
      const list = { file: exercises, symbol: 'mended' }
      return tryOut(bench, { did, script: 'cd /proc; echo [1-9]*', list }, (_, { out }) => {
        if (out().trim() === '1') return undefined
        return {
          expected: sentence('process 1, and no other'),
          saw: out().includes('[')
            ? sentence('it shows no process at all')
            : sentence('it shows {found}', { found: out().trim().slice(0, 100) }),
          means: sentence('/proc was mounted in the old root, and went away with it'),
          hint: sentence(
            'in whose /proc does a mount land before the root is exchanged, and after?',
          ),
        }
      })
    },
  },
  {
    id: 'sealed',
    exercise: 'open',
    points: 1,
    isBlackBox: false,
    claim: sentence('nothing that the sealed container does changes its image'),
    judge: (bench) => {
      const { word } = bench
      const did = sentence('wrote to / and to /tmp in a container that sealed() made')
      const list = { file: exercises, symbol: 'sealed' }
      const script = [
        `echo ${word} 2>/dev/null > /${word}; echo ${word} > /tmp/${word}`,
        `read kept < /tmp/${word}; echo kept $kept`,
        'dd if=/proc/self/exe of=/tmp/much bs=64k count=32 2>&1 | grep -c "No space"',
      ].join('\n')
      return tryOut(bench, { did, script, list }, (facts, { out, disk }) => {
        const seen = closed(facts)
        return seen ?? sealing(out(), disk?.imageChanges() ?? [], word)
      })
    },
  },
]

/** Whether it has the image as its root, and nothing else of the machine. */
function closed({ above, mounts, machine, rootDevice }: Facts): Seen | undefined {
  const shown = new Set(machine.mounts.map(({ device, subtree }) => `${device} ${subtree}`))
  const left = mounts.filter(
    ({ device, subtree, target }) =>
      shown.has(`${device} ${subtree}`) && (device !== rootDevice || target !== '/'),
  )
  const isMachine = machine.mounts.some(
    ({ target, device }) => target === '/' && device === rootDevice,
  )
  if (!isMachine && above === undefined && left.length === 0) return undefined
  return {
    expected: sentence('the image as its root, and no mount of the host'),
    saw: isMachine
      ? sentence("its root is the machine's own root")
      : sentence('the container sees {n} mounts of the host, and its root is not the uppermost', {
          n: left.length,
        }),
    means: sentence('the root was not exchanged, or the old one was not unmounted'),
    hint: sentence('go through the steps in order: what is mounted at "/" after each of them?'),
  }
}

function sealing(out: string, changes: string[], word: string): Seen | undefined {
  const expected = sentence('an image as it was; /tmp that can be written, and is full after 1 MB')
  const changed = changes.includes(`/${word}`) ? `/${word}` : changes[0]
  if (changed !== undefined)
    return {
      expected,
      saw: sentence('on the host, the image has changed: {changed}', { changed }),
      means: sentence('a write of the container reached the directory of the image'),
      hint: sentence('which mounts can be written to? mountinfo has it in its sixth field'),
    }
  if (!out.includes(`kept ${word}`))
    return {
      expected,
      saw: sentence('what was written to /tmp is not there'),
      means: sentence('/tmp is read-only, like the rest'),
      hint: sentence('a file system in memory can be mounted on it'),
    }
  if (out.trim().endsWith('1')) return undefined
  return {
    expected,
    saw: sentence('2 MB fit in /tmp'),
    means: sentence('the file system on /tmp has another limit: by default, half of the memory'),
    hint: sentence('tmpfs(5): which option limits it?'),
  }
}

async function readTable(bench: Bench): Promise<Finding | undefined> {
  const { word, ask, run } = bench
  const at = `/tmp/a\\ ${word}`
  const script = [
    `mkdir ${at} /tmp/${word}`,
    `mount -t tmpfs ${word} /tmp/${word}`,
    `mount --bind /image ${at}`,
  ].join('\n')
  const list = { file: 'chapters/02-cgroups/plan.ts', symbol: 'plan' }
  const box = await run({ script, then: 'true', list })
  if (!box.facts) throw new Error(box.failure?.call ?? box.err())
  const { machine, mounts, mountinfo } = box.facts
  const files = ({ device, subtree }: (typeof mounts)[number]) => `${device} ${subtree}`
  const shown = new Set(parseMountinfo(machine.mountinfo).map(files))
  const wanted = mounts.filter((each) => shown.has(files(each))).map(({ target }) => target)
  const found = await ask(exercises, 'mountsLeft', machine.mountinfo, mountinfo)
  return wrongTable(found, { wanted, mounts: mounts.map(({ target }) => target) })
}

function wrongTable(
  found: unknown,
  { wanted, mounts }: { wanted: string[]; mounts: string[] },
): Finding | undefined {
  const given = Array.isArray(found) ? found.map(String) : []
  const times = (list: string[], name: string) => list.filter((each) => each === name).length
  const missing = wanted.find((each) => times(given, each) < times(wanted, each))
  const extra = given.find((each) => times(given, each) > times(wanted, each))
  if (JSON.stringify(given) === JSON.stringify(wanted)) return undefined
  const about = {
    did: sentence('gave mountsLeft the mount tables of a machine and of a container of chapter 2'),
    expected: sentence('the {n} mount points whose mounts show files of the machine', {
      n: wanted.length,
    }),
  }
  if (missing?.includes(' ') && given.length > 0)
    return {
      ...about,
      saw: sentence('{missing} is missing, and its name has a space in it', { missing }),
      means: sentence(
        'the kernel writes that space as \\040, and the answer should have it as it is',
      ),
      hint: sentence(
        'four characters are written like this, in octal: what in JavaScript reads octal?',
      ),
    }
  if (missing !== undefined)
    return {
      ...about,
      saw: sentence('{n} mount points, and {missing} is not among them', {
        ...{ n: given.length, missing },
      }),
      means: sentence('a mount of the host was not recognised'),
      hint: sentence('two mounts are compared by two fields: by which ones?'),
    }
  if (extra !== undefined)
    return {
      ...about,
      saw: mounts.includes(extra)
        ? sentence('{extra} is among them, though a mount there shows other files', { extra })
        : sentence('{extra} is among them, and is no mount point of the container', { extra }),
      means: sentence('a mount is counted that shows no files of the host'),
      hint: sentence('the same mount point is not the same mount: what shows which files it has?'),
    }
  return {
    ...about,
    saw: sentence('all of them, in another order or more than once'),
    means: sentence('the order is that of the table of the container'),
    hint: sentence('go through that table once, from its first line to its last'),
  }
}
