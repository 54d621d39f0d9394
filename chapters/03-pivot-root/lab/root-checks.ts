/** The root: what a container must not see from chapter 3 on, judged from the host. */
import type { Check, Facts } from '../../../runtime/chapter-lab.ts'
import type { Mount } from '../../../runtime/mountinfo.ts'
import type { Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { tryOut } from './findings.ts'

const planner = { exercise: 'planner', points: 1, isBlackBox: true } as const

export const rootChecks: Check[] = [
  {
    id: 'root-is-the-image',
    ...planner,
    claim: sentence('the root of the container is the image'),
    judge: (bench) => {
      const { word } = bench
      const did = sentence('ran a container that wrote the file /{word}', { word })
      return tryOut(bench, { did, script: `echo ${word} > /${word}` }, (facts, { disk }) => {
        const expected = sentence('the file in the image, and none in the machine')
        if (facts.machine.read(`/${word}`) !== undefined)
          return {
            expected,
            saw: sentence("the file is in the machine's own /"),
            means: sentence(
              'the root was not exchanged: the command runs in the root it came from',
            ),
            hint: sentence('which call exchanges the root of a mount namespace?'),
          }
        if (facts.read(`/${word}`)?.trim() === word && isIn(disk?.imageChanges(), `/${word}`))
          return undefined
        return {
          expected,
          saw: sentence('the file is neither in the image nor in the machine'),
          means: sentence('another directory became the root, or the file could not be written'),
          hint: sentence('which directory do the options of the list name as the root?'),
        }
      })
    },
  },
  {
    id: 'nothing-above',
    ...planner,
    claim: sentence('no path leads up and out of the root'),
    judge: (bench) => {
      const did = sentence('climbed from its root by "..", from the host, as far as it goes')
      return tryOut(bench, { did, script: 'true' }, (facts) => {
        const expected = sentence('an end in the root of the container')
        if (isRootOfMachine(facts)) return { expected, ...notExchanged }
        const { above } = facts
        if (above === undefined) return undefined
        const names = above.filter((name) => !name.startsWith('.')).slice(0, 12).join(' ')
        const saw = sentence("it ends in the machine's root, which has {names}", { names })
        return leftOf(facts).length > 0
          ? {
              expected,
              saw,
              means: sentence('the old root lies on top of the new one: /.. arrives there'),
              hint: sentence('"." names both of them now: which one does umount2 take away?'),
            }
          : { expected, saw, ...chrooted }
      })
    },
  },
  {
    id: 'old-root-gone',
    ...planner,
    claim: sentence('no mount of the host is left in the container'),
    judge: (bench) => {
      const did = sentence('ran a container, and compared its mount table with that of the machine')
      return tryOut(bench, { did, script: 'true' }, (facts) => {
        const expected = sentence('only mounts that the list made')
        if (isRootOfMachine(facts)) return { expected, ...notExchanged }
        const left = leftOf(facts)
        return left.length > 0 ? remains(left) : facts.above && { expected, ...hidden }
      })
    },
  },
]

function remains(left: Mount[]): Seen {
  const [first] = left.filter(({ target }) => target !== '/')
  const at = left[0]?.target ?? '/'
  const expected = sentence('only mounts that the list made')
  const saw = sentence('the container sees {n} mounts of the host, {first} among them', {
    n: left.length,
    first: first?.target ?? '/',
  })
  if (at === '/')
    return {
      expected,
      saw,
      means: sentence('the old root is still there after pivot_root, on top of the new one'),
      hint: sentence('"." still names the old root: which call takes a mount away?'),
    }
  return {
    expected,
    saw,
    means: sentence('the old root is still there after pivot_root, as {at}', { at }),
    hint: sentence('which path does the old root have by now, and which one does umount2 name?'),
  }
}

const chrooted = {
  means: sentence('only the root of this process was moved; the namespace still has the old one'),
  hint: sentence('chroot(2), NOTES: which call moves the root of a whole mount namespace?'),
}

const hidden = {
  saw: sentence("its table shows none, but above its root is still the machine's"),
  ...chrooted,
}

const notExchanged = {
  saw: sentence("its root is the machine's own root"),
  means: sentence('the root was not exchanged at all'),
  hint: sentence('which call exchanges the root of a mount namespace?'),
}

/** Whether `/` is the same file system as the machine's, and the same directory of it. */
function isRootOfMachine({ mounts, machine, rootDevice }: Facts): boolean {
  const files = ({ target, device, subtree }: Mount) =>
    target === '/' && device === rootDevice ? [`${device} ${subtree}`] : []
  const own = mounts.flatMap(files)
  return machine.mounts.flatMap(files).some((each) => own.includes(each))
}

/** Its mounts that show the same files as one of the machine's, except for its root. */
function leftOf({ mounts, machine, rootDevice }: Facts): Mount[] {
  const files = ({ device, subtree }: Mount) => `${device} ${subtree}`
  const shown = new Set(machine.mounts.map(files))
  return mounts.filter(
    (each) => shown.has(files(each)) && (each.device !== rootDevice || each.target !== '/'),
  )
}

/** Of a foreign program there is no image to look into. */
function isIn(names: string[] | undefined, name: string): boolean {
  return names === undefined || names.includes(name)
}
