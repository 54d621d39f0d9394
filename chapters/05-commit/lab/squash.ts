/** The check of the open exercise: two layers and one show the same tree, says the kernel. */
import { emptyFile, type LayerEntry } from '../../../runtime/05-commit/layer/entries.ts'
import type { Bench, Check, Finding } from '../../../runtime/chapter-lab.ts'
import { notStarted, type Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { whyNoEntries } from './layered.ts'
import { notUnpacked } from './same-tree.ts'
import { firstDifference, treeOn, unpackedLayer, type Difference } from './trees.ts'

export const squash: Check = {
  id: 'squashed-is-same',
  exercise: 'squash',
  points: 1,
  isBlackBox: false,
  claim: sentence('two layers that became one show the same tree'),
  judge: judgeSquash,
}

async function judgeSquash(bench: Bench): Promise<Finding | undefined> {
  const { run, ask, word } = bench
  const did = sentence(
    'two containers ran: one on two fresh layers, one on what squashed made of them',
  )
  const { lower, upper } = layersWith(word)
  const answer = await ask('chapters/05-commit/lab/exercises.ts', 'squashed', lower, upper)
  const wrong = whyNoEntries(answer)
  if (wrong) return { did, ...wrong }
  // Its directory is the place for the layers; the container itself does nothing.
  const box = await run({ script: 'true', then: 'true' })
  const early = await notStarted(did, box)
  if (early || !box.disk) return early
  const below = await unpackedLayer(box.disk.dir, lower)
  const above = await unpackedLayer(box.disk.dir, upper)
  let one: string
  try {
    one = await unpackedLayer(box.disk.dir, answer as LayerEntry[])
  } catch (error) {
    return { did, ...notUnpacked(error) }
  }
  const wanted = await treeOn(bench, [above, below])
  const difference = firstDifference(wanted, await treeOn(bench, [one]))
  return difference && { did, ...differenceIn(difference) }
}

/** Everything that a lower layer can have, and what an upper one can do to it. */
function layersWith(word: string): { lower: LayerEntry[]; upper: LayerEntry[] } {
  const mtimeNs = String(BigInt(Date.now()) * 1_000_000n)
  const file = (path: string, mode: number) => ({ ...emptyFile(path), mode, mtimeNs })
  const dir = (path: string): LayerEntry => ({ ...file(path, 0o755), type: 'directory' })
  const lower = [
    dir(`keep-${word}`),
    ...[file(`keep-${word}/one`, 0o600), file(`keep-${word}/two`, 0o640)],
    dir(`gone-${word}`),
    file(`gone-${word}/in`, 0o600),
    dir(`anew-${word}`),
    file(`anew-${word}/old`, 0o600),
    ...[dir('usr'), file('usr/.wh.sbin', 0)],
    ...[dir('bin'), file('bin/.wh.vi', 0), file('bin/.wh.tar', 0)],
    file('var', 0o600),
  ]
  const upper = [
    dir(`keep-${word}`),
    ...[file(`keep-${word}/.wh.one`, 0), file(`keep-${word}/two`, 0o644)],
    file(`.wh.gone-${word}`, 0),
    ...[dir(`anew-${word}`), file(`anew-${word}/.wh..wh..opq`, 0), file(`anew-${word}/new`, 0o600)],
    ...[dir('usr'), dir('usr/sbin'), file(`usr/sbin/${word}`, 0o600)],
    ...[dir('bin'), file('bin/vi', 0o700)],
    ...[dir('var'), file(`var/${word}`, 0o600)],
  ]
  return { lower, upper }
}

function differenceIn({ path, wanted, found }: Difference): Seen {
  const expected = sentence('one layer with the tree of both')
  if (wanted !== '' && found !== '')
    return {
      expected,
      saw: sentence('/{path}: {found}; with two layers: {wanted}', { path, found, wanted }),
      means: sentence('of two entries for one path, the upper one counts'),
      hint: sentence('in which order are the two in your list?'),
    }
  if (found === '')
    return {
      expected,
      saw: sentence('/{path} is not there; with two layers it is', { path }),
      means: sentence('its entry is lost, or a mark of the lower layer deletes it now'),
      hint: sentence('in one layer, a whiteout and a new file of the same name do not go together'),
    }
  const saw = sentence('/{path} is there; with two layers it is not', { path })
  if (/^(usr|var|bin)\//.test(path))
    return {
      expected,
      saw,
      means: sentence('it is in the image, and one of the layers had hidden it'),
      hint: sentence(
        'what did the lower layer hide there, and what hides it after you have merged?',
      ),
    }
  return {
    expected,
    saw,
    means: sentence('it comes from the lower layer, and the upper one deletes or hides it'),
    hint: sentence('what do the marks of the upper layer do to the entries of the lower one?'),
  }
}
