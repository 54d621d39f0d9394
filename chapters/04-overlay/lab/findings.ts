/** Why a container did not start: what the call that failed found, seen from the host. */
import type { Bench, Box, Facts, Failed, Finding, Wish } from '../../../runtime/chapter-lab.ts'
import { lookAt, type Seen, type Why } from '../../../runtime/lab-findings.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'

/** Run a container and look at it while it waits; why it did not start, if it did not. */
export function tryOut(
  bench: Bench,
  { did, ...wish }: Wish & { did: Sentence },
  see: (facts: Facts, box: Box) => Seen | undefined | Promise<Seen | undefined>,
): Promise<Finding | undefined> {
  return lookAt(bench, { did, wish: { then: 'true', ...wish }, explain, see })
}

/** What a call found that was refused. */
export function explain(failure: Failed, before: Facts | undefined): Why | undefined {
  const { name, made, errno } = failure
  if (before && name === 'mount' && made[3] === 'overlay') return noOverlay(failure, before)
  if (name === 'pivot_root')
    return {
      means: sentence('merged is an empty directory: nothing is mounted on it'),
      hint: sentence('pivot_root demands a mount as its new root: which step makes it one?'),
    }
  if (name === 'execvpe' && errno === 'ENOENT')
    return {
      means: sentence('the container sees no /bin/sh: the layer that has it is not in the stack'),
      hint: sentence('an image has several layers: are all of them in lowerdir?'),
    }
  if (name === 'chdir' && errno === 'ENOENT')
    return {
      means: sentence('the working directory is {cwd}, and has no merged', {
        cwd: withoutPaths(before?.cwd ?? '/'),
      }),
      hint: sentence('relative names begin at the working directory: which step sets it?'),
    }
  return undefined
}

/** The lab's own directories have long names, other ones each time. */
function withoutPaths(text: string): string {
  return text.replaceAll(/\/[^",:=\s]*\/(?:machine|image)-\w+(?:\/box)?/g, '…')
}

/** What the options of an overlay name, and the device of each that is there. */
function namesIn({ made }: Failed, { cwd, deviceAt }: Facts) {
  const [, , target, , , data] = made as [string, string, string, string, string[], string | null]
  const pairs = (data ?? '').split(',').map((each) => each.split('=') as [string, string])
  const options = new Map(pairs)
  const place = (name: string) => (name.startsWith('/') ? name : `${cwd}/${name}`)
  const device = (name: string | undefined) =>
    name === undefined ? undefined : deviceAt(place(name))
  const upper = options.get('upperdir')
  const work = options.get('workdir')
  const lowers = (options.get('lowerdir') ?? '').split(':').filter(Boolean)
  return { target, upper, work, lowers, device }
}

/** The type of the file system that a directory is on. */
function typeAt({ cwd, mounts }: Facts, name: string): string {
  const path = name.startsWith('/') ? name : `${cwd}/${name}`
  const isAbove = (target: string) => target === '/' || `${path}/`.startsWith(`${target}/`)
  const above = mounts.filter(({ target }) => isAbove(target))
  return above.sort((a, b) => a.target.length - b.target.length).at(-1)?.type ?? '?'
}

function noOverlay(failure: Failed, facts: Facts): Why {
  const { target, upper, work, lowers, device } = namesIn(failure, facts)
  const named = [target, ...lowers, upper, work].filter((name) => name !== undefined)
  const missing = named.find((name) => device(name) === undefined)
  if (missing !== undefined)
    return {
      means: sentence('there is no {missing} in {cwd}, the working directory', {
        ...{ missing: withoutPaths(missing), cwd: withoutPaths(facts.cwd) },
      }),
      hint: sentence('relative names begin at the working directory: where are the layers?'),
    }
  if (upper !== undefined && work === undefined)
    return {
      means: sentence('upperdir is given without workdir: the kernel has no scratch space'),
      hint: sentence('which of the four directories is for the kernel alone?'),
    }
  if (upper !== undefined && lowers.includes(upper))
    return {
      means: sentence('{upper} is a layer of the image, and was to be the write layer', { upper }),
      hint: sentence('which directory begins empty, and belongs to this container alone?'),
    }
  if (upper !== undefined && /^(?:lower\d+|init)$/.test(upper))
    return {
      means: sentence(
        '{upper} is not on the same mount as work: it belongs to the image',
        { upper },
      ),
      hint: sentence('which directory begins empty, and belongs to this container alone?'),
    }
  if (device(upper) !== device(work))
    return {
      means: sentence('{work} is on another file system than {upper}: a {type} is mounted there', {
        ...{ work: work ?? '', upper: upper ?? '', type: typeAt(facts, work ?? '') },
      }),
      hint: sentence('a file goes from work to upper by a rename: what does a rename demand?'),
    }
  if (upper && work && (work.startsWith(`${upper}/`) || work === upper))
    return {
      means: sentence('work lies in upper: the scratch space would be seen in the container'),
      hint: sentence('the two have to be separate directories, side by side'),
    }
  return {
    means: sentence('overlayfs has many reasons for {errno}: the log of the kernel has this one', {
      errno: failure.errno,
    }),
    hint: sentence('dmesg | tail: what does the line that begins with overlayfs say?'),
  }
}
