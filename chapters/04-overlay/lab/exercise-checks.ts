/** The smaller exercises of chapter 4. */
import type { Bench, Check, Disk, Finding } from '../../../runtime/chapter-lab.ts'
import type { Seen } from '../../../runtime/lab-findings.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'
import { tryOut } from './findings.ts'
import { predicted } from './predictions.ts'

const exercises = 'chapters/04-overlay/lab/exercises.ts'

export const exerciseChecks: Check[] = [
  {
    id: 'predicted',
    exercise: 'predict',
    points: 1,
    isBlackBox: false,
    claim: sentence('what the write layer has after six commands was predicted'),
    judge: predicted,
  },
  {
    id: 'changes-in',
    exercise: 'read',
    points: 1,
    isBlackBox: false,
    claim: sentence('changesIn says of a fresh write layer what diff says'),
    judge: readLayer,
  },
  {
    id: 'mended',
    exercise: 'repair',
    points: 1,
    isBlackBox: false,
    claim: sentence('the repaired list writes to upper, and sees the topmost layer first'),
    judge: (bench) => {
      const { word } = bench
      const did = sentence('wrote a file and read /layer in a container that mended() made')
      const list = { file: exercises, symbol: 'mended' }
      const script = `cat /layer; echo ${word} > /${word}`
      return tryOut(bench, { did, script, list }, (_, { disk, out }) =>
        mendedRight({ disk, word, layer: out().trim() }),
      )
    },
  },
  {
    id: 'in-memory',
    exercise: 'open',
    points: 1,
    isBlackBox: false,
    claim: sentence('what the container writes stays in memory, and is limited'),
    judge: (bench) => {
      const { word } = bench
      const did = sentence('wrote a file of 12 bytes and one of 8 MB in a container of inMemory()')
      const list = { file: exercises, symbol: 'inMemory' }
      const script = [
        `echo ${word} > /${word}; read kept < /${word}; echo kept $kept`,
        'while cat /bin/busybox >> /much; do',
        '[ $(stat -c %s /much) -gt 8000000 ] && echo fits && break; done 2>/dev/null',
      ].join('\n')
      return tryOut(bench, { did, script, list }, (_, { disk, out }) =>
        memory({ disk, word, out: out() }),
      )
    },
  },
]

function mendedRight(given: {
  disk: Disk | undefined
  word: string
  layer: string
}): Seen | undefined {
  const { disk, word, layer } = given
  const [top] = disk?.words ?? []
  const expected = sentence('the file in upper, and /layer as the topmost layer has it')
  if (layer !== top)
    return {
      expected,
      saw: sentence('/layer is that of a lower layer'),
      means: sentence('no call failed, and the layers are upside down'),
      hint: sentence('layers comes topmost first. In which order does lowerdir want them?'),
    }
  if (disk?.read(`upper/${word}`)?.trim() === word) return undefined
  return {
    expected,
    saw: sentence('upper does not have the file'),
    means: sentence('what is written goes to another directory, or nowhere'),
    hint: sentence('what does upperdir name?'),
  }
}

function memory(given: { disk: Disk | undefined; word: string; out: string }): Seen | undefined {
  const { disk, word, out } = given
  const expected = sentence('both writable; no byte of it on the disk; an end after 4 MB')
  const found = [...(disk?.names('').filter((name) => name.endsWith(word)) ?? [])]
  const [onDisk] = [...found, ...(disk?.imageChanges() ?? [])]
  if (onDisk !== undefined)
    return {
      expected,
      saw: sentence('on the host, the file is on the disk: {onDisk}', { onDisk }),
      means: sentence('the write layer is a directory of the disk'),
      hint: sentence('upper can be on any file system that keeps attributes: which one is memory?'),
    }
  if (!out.includes(`kept ${word}`))
    return {
      expected,
      saw: sentence('what was written to / is not there'),
      means: sentence('the root cannot be written to'),
      hint: sentence('an overlay needs upperdir and workdir, both in memory'),
    }
  if (!out.includes('fits')) return undefined
  return {
    expected,
    saw: sentence('8 MB fit in it'),
    means: sentence('the memory has another limit: by default, half of what the machine has'),
    hint: sentence('tmpfs(5): which option limits it?'),
  }
}

async function readLayer({ word, ask, run }: Bench): Promise<Finding | undefined> {
  const script = [
    `echo ${word} >> /etc/passwd; rm /bin/vi /bin/ed; mkdir -p /srv/${word}; chmod 700 /home`,
    `mknod /root/${word} c 1 3; ln -s / /tmp/${word}; echo ${word} >> /usr/bin/env`,
  ].join('\n')
  const box = await run({ script, then: 'true', experiment: (list) => list })
  if (!box.facts || !box.disk) throw new Error(box.failure?.call ?? box.err())
  await box.go()
  const wanted = (await box.disk.changes()).map(({ kind, path }) => `${kind} ${path}`)
  const names = (await box.disk.upper()).map(({ kind: _, ...name }) => name)
  const found = await ask(exercises, 'changesIn', names)
  const given = Array.isArray(found) ? found.map(String) : []
  if (JSON.stringify(given) === JSON.stringify(wanted)) return undefined
  return {
    did: sentence('gave changesIn the {n} names of a write layer', { n: names.length }),
    expected: sentence('the {n} lines that diff prints', { n: wanted.length }),
    ...difference(given, wanted, (path) => names.find((name) => name.path === path)?.type ?? ''),
  }
}

function difference(
  given: string[],
  wanted: string[],
  typeOf: (path: string) => string,
): Omit<Seen, 'expected'> {
  const missing = wanted.find((line) => !given.includes(line))
  const extra = given.find((line) => !wanted.includes(line))
  const pathOf = (line = '') => line.slice(2)
  const same = given.find((line) => pathOf(line) === pathOf(missing))
  if (missing !== undefined && same !== undefined) {
    const values = { same, missing, type: typeOf(pathOf(missing)) }
    return {
      saw: sentence('{same}, where diff prints {missing}; it is a {type}', values),
      means: mistaken(same, missing),
      hint: sentence('which device is a whiteout, and which ones are ordinary devices?'),
    }
  }
  if (missing !== undefined)
    return {
      saw: sentence('no line for {path}, of which diff says {missing}', {
        ...{ path: pathOf(missing), missing },
      }),
      means: sentence('a name that was changed is left out'),
      hint: sentence('when does a directory count, and when is it only on the way?'),
    }
  if (extra !== undefined)
    return {
      saw: sentence('{extra}, of which diff says nothing', { extra }),
      means: sentence('a directory counts, though it was not changed itself'),
      hint: sentence('isChanged tells whether the directory itself is another'),
    }
  return {
    saw: sentence('all of them, in another order or more than once'),
    means: sentence('the order is that of the names as they are given'),
    hint: sentence('go through the names once, from the first to the last'),
  }
}

function mistaken(given: string, wanted: string): Sentence {
  if (wanted.startsWith('D')) return sentence('a whiteout was taken for a file')
  if (given.startsWith('D')) return sentence('an ordinary file or device was taken for a whiteout')
  return sentence('a name that the image has is a change, and one that it does not have is new')
}
