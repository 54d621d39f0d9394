/** The write layer: what a container writes, and where the host finds it. */
import type { Box, Check, Disk, Facts } from '../../../runtime/chapter-lab.ts'
import type { Seen } from '../../../runtime/lab-findings.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'
import { tryOut } from './findings.ts'

const planner = { exercise: 'planner', points: 1 } as const

export const layerChecks: Check[] = [
  {
    id: 'write-lands-in-upper',
    ...planner,
    isBlackBox: false,
    claim: sentence('what a container writes lands in upper'),
    judge: (bench) => {
      const { word } = bench
      const did = sentence('ran a container that wrote the file /{word}', { word })
      return tryOut(bench, { did, script: `(echo ${word} > /${word}) 2>&1` }, (facts, box) =>
        landed(word, facts, box),
      )
    },
  },
  {
    id: 'image-unchanged',
    ...planner,
    isBlackBox: false,
    claim: sentence('whatever is done in a container, the image stays as it was'),
    judge: (bench) => {
      const { word } = bench
      const did = sentence('wrote, deleted, renamed and changed modes in a container')
      const script = [
        `echo ${word} >> /etc/passwd; rm -r /home; mv /usr /usr-${word}; chmod 700 /etc`,
        `[ -d /home ] || [ ! -d /usr-${word} ] || echo done`,
      ].join('\n')
      return tryOut(bench, { did, script }, (_, { disk, out, err }) => {
        const changes = disk?.imageChanges() ?? []
        const expected = sentence(
          'all of it is seen inside, and the image on the host is as it was',
        )
        if (changes.length > 0)
          return {
            expected,
            saw: sentence('{n} names of the image are changed on the host, {first} among them', {
              ...{ n: changes.length, first: changes[0] ?? '' },
            }),
            means: sentence('the container writes to a directory of the image itself'),
            hint: sentence('which of the directories in an overlay is written to?'),
          }
        if (out().trim() === 'done') return undefined
        return {
          expected,
          saw: sentence('the container could not do it: {err}', { err: lineOf(err()) }),
          means: sentence('its root cannot be written to'),
          hint: sentence('an overlay with no directory to write to is read-only'),
        }
      })
    },
  },
  {
    id: 'topmost-first',
    ...planner,
    isBlackBox: false,
    claim: sentence('of two layers with the same name, the topmost is seen'),
    judge: (bench) => {
      const did = sentence('read /layer, which both layers of the image have, and /etc/hostname')
      const script = 'cat /layer; [ -f /etc/hostname ] && echo init'
      return tryOut(bench, { did, script }, (_, { disk, out }) => order(out(), disk?.words ?? []))
    },
  },
  {
    id: 'upper-is-plain',
    ...planner,
    isBlackBox: false,
    claim: sentence('upper is a plain tree: nothing in it refers to the layers below'),
    judge: (bench) => {
      const { word } = bench
      const did = sentence('renamed a directory of the image, and changed the mode of a large file')
      const script = `mv /var /renamed-${word}; chmod 700 /bin/busybox`
      return tryOut(bench, { did, script }, async (_, { disk }) => {
        const expected = sentence('in upper, the directory with all that is in it')
        const found = await references(disk)
        const isWhole = disk?.names('upper').includes(`renamed-${word}/tmp`)
        if (found === undefined && isWhole) return undefined
        return {
          expected,
          saw: found ?? sentence('upper has no such directory'),
          means: sentence('tar would pack a reference, and the files would be lost'),
          hint: sentence('three options of overlayfs decide this; the contract names them'),
        }
      })
    },
  },
]

function landed(word: string, { mounts }: Facts, { disk, out }: Box): Seen | undefined {
  if (disk?.read(`upper/${word}`)?.trim() === word) return undefined
  const expected = sentence('the file in upper, in the directory of the container')
  if (disk?.imageChanges().includes(`/${word}`))
    return {
      expected,
      saw: sentence('on the host, the file is in a layer of the image'),
      means: sentence('the image itself is the root: the next container finds what this one wrote'),
      hint: sentence('which of the four directories of an overlay takes what is written?'),
    }
  const elsewhere = disk?.names('').find((name) => name.endsWith(`/${word}`))
  if (elsewhere?.startsWith('work/'))
    return {
      expected,
      saw: sentence("the file is in work, and upper has the kernel's scratch directory"),
      means: sentence('upper and work are swapped'),
      hint: sentence('upperdir takes what is written; workdir is for the kernel alone'),
    }
  if (elsewhere !== undefined)
    return {
      expected,
      saw: sentence('in the directory of the container, the file is {elsewhere}', { elsewhere }),
      means: sentence('another directory than upper takes what is written'),
      hint: sentence('chapter 5 will make a layer of upper, and will not look elsewhere'),
    }
  const root = mounts.findLast(({ target }) => target === '/')
  if (/Read-only file system/.test(out()) && root?.superOptions.includes('upperdir='))
    return {
      expected,
      saw: sentence('the container said: Read-only file system'),
      means: sentence('/ was made read-only, and --read-only was not asked for'),
      hint: sentence('what is readOnlyRoot given, and what does it have to do then?'),
    }
  if (/Read-only file system/.test(out()))
    return {
      expected,
      saw: sentence('the container said: Read-only file system'),
      means: sentence('the overlay has no upper directory: layers alone cannot be written to'),
      hint: sentence('which two options make an overlay writable?'),
    }
  return {
    expected,
    saw: sentence('upper is empty, and so is the rest of its directory'),
    means: sentence('what it wrote went to another file system, outside of its directory'),
    hint: sentence('what is mounted at / in the container? its mountinfo says so'),
  }
}

function order(out: string, words: string[]): Seen | undefined {
  const [layer = '', init] = out.trim().split('\n')
  const [top, base] = words
  const expected = sentence('the file of the topmost layer; and /etc/hostname, which init brings')
  if (layer === top && init === 'init') return undefined
  if (layer === base)
    return {
      expected,
      saw: sentence('/layer is that of the lowest layer'),
      means: sentence('the layers are stacked upside down'),
      hint: sentence('in lowerdir, which end of the list is the top?'),
    }
  if (layer === top)
    return {
      expected,
      saw: sentence('/layer is right, and there is no /etc/hostname'),
      means: sentence('the container-init layer is not in the stack'),
      hint: sentence('layers has more names than the image has layers'),
    }
  return {
    expected,
    saw: sentence('/layer says: {layer}', { layer: lineOf(layer) }),
    means: sentence('the root shows something else than the layers of the image'),
    hint: sentence('are all the names in layers in lowerdir?'),
  }
}

/** What in a write layer refers to other layers. */
async function references(disk: Disk | undefined): Promise<Sentence | undefined> {
  try {
    await disk?.upper()
    return undefined
  } catch (error) {
    const attribute = /trusted\.overlay\.\w+/.exec((error as Error).message)?.[0]
    if (attribute === undefined) throw error
    return sentence('a name in upper has the attribute {attribute} in place of files', {
      attribute,
    })
  }
}

/** The first line, cut. */
function lineOf(text: string): string {
  return (text.trim().split('\n')[0] ?? '').slice(0, 120)
}
