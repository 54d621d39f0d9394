/** What must be true of a layer from chapter 5 on: one claim for each kind of change. */
import type { Check } from '../../../runtime/chapter-lab.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { lookAtLayer } from './layered.ts'
import { seeBeside, seeChanges, seeInit, seeLinks, seeOpaque, seeWhiteouts } from './seen.ts'

const entries = { exercise: 'entries', points: 1, isBlackBox: false } as const

export const entryChecks: Check[] = [
  {
    ...entries,
    id: 'changes-are-in',
    claim: sentence('what a container adds and changes is in the layer, as it is'),
    judge: (bench) =>
      lookAtLayer(bench, {
        did: sentence(
          'a container made a directory, a file, a link and a fifo, and changed a file',
        ),
        script: `
          mkdir -p /srv-${bench.word}/deep
          echo ${bench.word} > /srv-${bench.word}/deep/file
          chown 12:34 /srv-${bench.word}/deep/file
          chmod 2750 /srv-${bench.word}
          ln -s deep/file /srv-${bench.word}/link
          mkfifo /srv-${bench.word}/fifo
          echo '# ${bench.word}' >> /etc/passwd`,
        see: ({ facts, entries: found }) => seeChanges(facts, found),
      }),
  },
  {
    ...entries,
    id: 'deleted-is-whiteout',
    claim: sentence('what a container deletes is a whiteout in the layer'),
    judge: (bench) =>
      lookAtLayer(bench, {
        did: sentence('a container deleted two programs, and a directory of the image'),
        script: 'rm /bin/base64 /bin/vi; rm -r /home',
        see: ({ facts, entries: found }) => {
          const deleted = facts.filter(({ isWhiteout }) => isWhiteout)
          return seeWhiteouts(deleted, found)
        },
      }),
  },
  {
    ...entries,
    id: 'replaced-is-opaque',
    claim: sentence('a directory that replaces one of the image hides what lies in that'),
    judge: (bench) =>
      lookAtLayer(bench, {
        did: sentence('a container ran: rm -r /var; mkdir /var; echo new > /var/new'),
        script: 'rm -r /var; mkdir /var; echo new > /var/new',
        see: ({ entries: found }) => seeOpaque(found),
      }),
  },
  {
    ...entries,
    id: 'one-file-stays-one',
    claim: sentence('a file with several names is in the layer once'),
    judge: (bench) =>
      lookAtLayer(bench, {
        did: sentence('a container made a file, and two hard links to it'),
        script: `
          mkdir /m-${bench.word} /z-${bench.word}
          echo ${bench.word} > /m-${bench.word}/file
          ln /m-${bench.word}/file /z-${bench.word}/other
          ln /m-${bench.word}/file /a-${bench.word}`,
        see: ({ facts, entries: found }) => seeLinks(facts, found),
      }),
  },
  {
    ...entries,
    id: 'init-stays-behind',
    claim: sentence('what was made for one container is in no layer'),
    judge: async (bench) => {
      const file = `/etc/motd-${bench.word}`
      const alone = await lookAtLayer(bench, {
        did: sentence('a container wrote its /etc/hostname, and nothing else'),
        script: `echo ${bench.word} > /etc/hostname`,
        see: ({ facts, entries: found }) => seeInit(facts, found),
      })
      if (alone) return alone
      return lookAtLayer(bench, {
        did: sentence('a container wrote its /etc/hostname, and {file}', { file }),
        script: `echo ${bench.word} > /etc/hostname; echo ${bench.word} > ${file}`,
        see: (layered) => seeInit(layered.facts, layered.entries) ?? seeBeside(layered, file),
      })
    },
  },
]
