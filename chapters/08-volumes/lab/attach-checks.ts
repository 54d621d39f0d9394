/** Trees get their places in a container by the lines of a learner's function. */
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench, Check, Facts, Finding } from '../../../runtime/chapter-lab.ts'
import type { Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { home, missing, mountAt, tmp, tryOut } from './given.ts'

const attach = { exercise: 'attach', isBlackBox: false } as const

export const attachChecks: Check[] = [
  {
    id: 'order',
    ...attach,
    points: 2,
    claim: sentence('a mount below another one is not hidden, in whatever order they are typed'),
    judge: inOrder,
  },
  {
    id: 'link',
    ...attach,
    points: 2,
    claim: sentence('a target that is a link of the image leads to a place inside'),
    judge: throughLink,
  },
]

async function inOrder(bench: Bench): Promise<Finding | undefined> {
  const { word } = bench
  const [below, above] = [`${home}:/a/below`, `${tmp}:/a`]
  for (const flags of [
    ['-v', below, '-v', above],
    ['-v', above, '-v', below],
  ]) {
    const typed = flags.join(' ')
    const did = sentence('ran a container with {typed}', { typed })
    const script = `echo above > /a/${word}; echo below > /a/below/${word}`
    const found = await tryOut(bench, { did, flags, script }, (facts) => bothThere(facts, word))
    if (found) return found
  }
  return undefined
}

function bothThere(facts: Facts, word: string): Seen | undefined {
  const { read } = facts.machine
  const says = (dir: string, text: string) => read(`${dir}/${word}`)?.trim() === text
  const [isAbove, isBelow] = [says(tmp, 'above'), says(home, 'below')]
  if (isAbove && isBelow) return undefined
  const both = { tmp, home }
  const expected = sentence('what is written to /a is in {tmp}, to /a/below in {home}', both)
  if (isAbove || isBelow)
    return {
      expected,
      saw: sentence('only {dir} has got its file', { dir: isAbove ? tmp : home }),
      means: sentence('one mount covers the other, or was made on what is covered now'),
      hint: sentence('which of the two has to be there before the other?'),
    }
  return {
    expected,
    saw: sentence('neither of the directories has got its file'),
    means: sentence('the trees are at other places than they should be'),
    hint: sentence('which number belongs to which of the volumes?'),
  }
}

/** The image has `/linked`, a link to `/tmp`, which the machine has as well. */
async function throughLink(bench: Bench): Promise<Finding | undefined> {
  const did = sentence(
    'gave {dir} as /linked/a/deep, and /linked is a link of the image to {tmp}',
    { dir: home, tmp },
  )
  // Its directory is the place for the layer; the container itself does nothing.
  const { disk } = await bench.run({ script: 'true', then: 'true' })
  if (!disk) return { did, ...missing(`${tmp}/a/deep`) }
  const layer = join(disk.dir, 'linked')
  mkdirSync(layer, 0o755)
  symlinkSync(tmp, join(layer, 'linked'))
  const flags = ['-v', `${home}:/linked/a/deep`]
  return tryOut(bench, { did, flags, script: 'true', layers: [layer] }, (facts) => {
    const at = `${tmp}/a/deep`
    if (mountAt(facts, at)) return undefined
    if (!mountAt(facts, '/linked/a/deep')) return missing(at)
    return {
      expected: sentence('the link is followed, to {path} inside', { path: at }),
      saw: sentence('a mount on {path}', { path: '/linked/a/deep' }),
      means: sentence('the link has become a directory'),
      hint: sentence('what is at /linked before the list begins?'),
    }
  })
}
