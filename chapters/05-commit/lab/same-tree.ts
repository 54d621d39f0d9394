/** The check that goes through the kernel and back: written, archived, unpacked, seen again. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench, Check } from '../../../runtime/chapter-lab.ts'
import type { Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { lookAtLayer, type Layered } from './layered.ts'
import { firstDifference, treeOf, treeOn, unpackedLayer, type Difference } from './trees.ts'

export const sameTree: Check = {
  id: 'same-tree',
  exercise: 'entries',
  points: 1,
  isBlackBox: false,
  claim: sentence('unpacked on the image, the layer gives the tree that the container saw'),
  judge: (bench) =>
    lookAtLayer(bench, {
      did: sentence(
        'a container changed its tree; your entries were unpacked, and a second one ran',
      ),
      script: scriptWith(bench.word),
      see: (layered) => seeTree(bench, layered),
    }),
}

/** All kinds of changes, in another order and with other names each time. */
function scriptWith(word: string): string {
  const file = (path: string) => `echo ${word} > ${path}`
  const changes = [
    `mkdir -p /srv-${word}/deep; ${file(`/srv-${word}/deep/a`)}; chmod 2750 /srv-${word}`,
    `mkdir /m-${word}; ${file(`/m-${word}/one`)}; ln /m-${word}/one /${oneOf(['a', 'z'])}-${word}`,
    `rm /bin/${oneOf(['vi', 'tar', 'sed'])} /bin/${oneOf(['cp', 'date', 'gzip'])}`,
    `rm -r /var; mkdir /var; ${file(`/var/${word}`)}; chown 12:34 /var/${word}`,
    `rm -r /home; ${file('/home')}`,
    `rm /etc/group; mkdir /etc/group; ln -s ../passwd /etc/group/${word}`,
    `rm -r /usr/sbin; rm /usr/bin/${oneOf(['awk', 'cut', 'env'])}; mkfifo /usr/bin/${word}`,
    `${file('/etc/hostname')}; echo '# ${word}' >> /etc/passwd`,
  ]
  return changes.sort(() => Math.random() - 0.5).join('\n')
}

/** One of several words, another one each time. */
function oneOf<T>(words: T[]): T {
  return words[Math.floor(Math.random() * words.length)] as T
}

async function seeTree(bench: Bench, layered: Layered): Promise<Seen | undefined> {
  const { box, dir, facts, entries } = layered
  const expected = sentence('the same tree as before')
  const isFile = (path: string) => facts.some((each) => each.path === path && each.type === 'file')
  const contentOf = (path: string) =>
    isFile(path) ? readFileSync(join(dir, 'upper', path)) : Buffer.of()
  let layer: string
  try {
    layer = await unpackedLayer(dir, entries, contentOf)
  } catch (error) {
    return notUnpacked(error)
  }
  const wanted = treeOf(box)
  const difference = firstDifference(wanted, await treeOn(bench, [layer]))
  return difference && { expected, ...differenceSeen(difference) }
}

/** What it says of a layer that cannot be unpacked. */
export function notUnpacked(error: unknown): Seen {
  const { message } = error as Error
  return {
    expected: sentence('an archive that can be unpacked'),
    saw: sentence('{message}', { message }),
    means: sentence('the entries contradict each other, or the rules of a layer'),
    hint: sentence('look at the entry that it names, and at those before it'),
  }
}

/** What a path that is not the same says about the layer. */
function differenceSeen({ path, wanted, found }: Difference): Omit<Seen, 'expected'> {
  if (wanted === '')
    return {
      saw: sentence('/{path} is there, and should not be', { path }),
      means: sentence('nothing in the layer deletes or hides it'),
      hint: sentence('which of the layers below has it, and what is on top of that?'),
    }
  if (found === '')
    return {
      saw: sentence('/{path} is not there', { path }),
      means: sentence('it has no entry, or something deletes it again'),
      hint: sentence('is there an entry for it, and a whiteout of one of its directories?'),
    }
  return {
    saw: sentence('/{path}: {found}; before: {wanted}', { path, found, wanted }),
    means: sentence('it came back as something else'),
    hint: sentence('compare its entry with the fact: type, mode, owner, size, time, links'),
  }
}
