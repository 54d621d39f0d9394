/** What is wrong with the answers to the smaller exercises, and what that means. */
import { sentence } from '../../../runtime/sentence.ts'
import type { Seen } from '../../../runtime/lab-findings.ts'
import type { Effect, MeasuredBlob } from './exercises.ts'
import { inShort, listed } from './layered.ts'

/** The paths of a layer, against those that were predicted. */
export function seePrediction(wanted: string[], answer: unknown): Seen | undefined {
  const all: unknown[] = Array.isArray(answer) ? answer : []
  const found = all.map(String)
  const expected = sentence('{n} entries', { n: wanted.length })
  if (found.length === 0)
    return {
      expected,
      saw: sentence('an empty prediction'),
      means: sentence('nothing was predicted yet'),
      hint: sentence('write down the first entry that you are sure of, and run this again'),
    }
  const extra = found.find((path) => !wanted.includes(path))
  if (extra !== undefined)
    return {
      expected,
      saw: sentence('you predict {path}, which is not in the layer', { path: extra }),
      ...extraMeans(extra),
    }
  const lost = wanted.find((path) => !found.includes(path))
  if (lost === undefined) return undefined
  const { means, hint } = lostMeans(lost)
  const saw = sentence('entries of the layer that you do not predict: {n}', {
    n: wanted.length - new Set(found).size,
  })
  return { expected, saw, means, hint }
}

type Meaning = Pick<Seen, 'means' | 'hint'>

function extraMeans(path: string): Meaning {
  if (/^tmp\//.test(path))
    return {
      means: sentence('what was made and deleted in the container was never in the image'),
      hint: sentence('what is in upper after the third line?'),
    }
  if (/^var\//.test(path) || path === '.wh.var')
    return {
      means: sentence('a directory that was made anew hides all of the old one with one mark'),
      hint: sentence('what does the layer have for a directory that overlayfs calls opaque?'),
    }
  if (/vi$/.test(path))
    return {
      means: sentence('a deleted name has another name in the archive'),
      hint: sentence('how does a layer say that a file is gone?'),
    }
  return {
    means: sentence('no command in the list changes that, or it is spelled in another way'),
    hint: sentence('paths begin at the root, without a slash at either end'),
  }
}

function lostMeans(path: string): Meaning {
  if (path === 'tmp')
    return {
      means: sentence('making a file and deleting it leaves a trace: not the file, but a time'),
      hint: sentence(
        'a new name changes the modification time of something, and so does a deleted ' +
          'one: of what?',
      ),
    }
  if (path === 'bin' || path === 'etc')
    return {
      means: sentence('upper has the directories on the way to a change, and so has the layer'),
      hint: sentence('what does find print in upper, beside the file itself?'),
    }
  return {
    means: sentence('one of the commands changes more than you predict'),
    hint: sentence('go through the commands one by one: which of them has no entry so far?'),
  }
}

/** The effects of a layer's entries, in order. */
export function seeEffects(wanted: Effect[], found: unknown[]): Seen | undefined {
  if (found.length !== wanted.length)
    return {
      expected: sentence('{n} effects, one for each header', { n: wanted.length }),
      saw: sentence('{n} effects', { n: found.length }),
      means: sentence('each header is one entry, and each entry has one effect'),
      hint: sentence('begin with the name alone: what does textIn give for offset 0?'),
    }
  for (const [at, effect] of wanted.entries()) {
    const { does, path } = (found[at] ?? {}) as Partial<Record<keyof Effect, unknown>>
    if (does === effect.does && path === effect.path) continue
    return {
      expected: sentence('{does} {path}', { ...effect }),
      saw: sentence('{what}', { what: `${inShort(does)} ${inShort(path)}` }),
      ...effectMeans(effect, String(path)),
    }
  }
  return undefined
}

function effectMeans(wanted: Effect, path: string): Meaning {
  if (path === `${wanted.path}/`)
    return {
      means: sentence('the slash marks a directory in the archive; it is no part of its path'),
      hint: sentence('take it off before you look at the last name'),
    }
  if (wanted.path.endsWith(path) && wanted.path !== path && wanted.path.length > 20)
    return {
      means: sentence('a long path is cut in two, and you read the second half alone'),
      hint: sentence('which other field of the header has a part of the path?'),
    }
  if (wanted.does === 'hides')
    return {
      means: sentence('that name is no whiteout of a file: it marks the directory that it is in'),
      hint: sentence('ask for the longer of the two marks first'),
    }
  if (wanted.does === 'deletes')
    return {
      means: sentence('an entry whose last name begins with .wh. deletes the rest of that name'),
      hint: sentence('what remains if you take .wh. off, and in which directory does it lie?'),
    }
  return {
    means: sentence('this entry puts a file where its path says'),
    hint: sentence('only the last name of a path can be a mark'),
  }
}

/** What a manifest has to say, and what is known of the blobs. */
interface Known {
  wanted: Omit<MeasuredBlob, 'diffId'>[]
  blobs: MeasuredBlob[]
  diffIds: string[]
}

/** The layers of a manifest, bottom first. */
export function seeLayers({ wanted, blobs, diffIds }: Known, answer: unknown): Seen | undefined {
  const found = (Array.isArray(answer) ? answer : []) as Partial<MeasuredBlob>[]
  const short = (digest: unknown) => String(digest).slice(7, 19)
  const expected = sentence('{n} layers: {digests}', {
    n: wanted.length,
    digests: listed(wanted.map(({ digest }) => short(digest))),
  })
  const saw = sentence('{n} layers: {digests}', {
    n: found.length,
    digests: listed(found.map((each) => short(each?.digest))),
  })
  const seen = { expected, saw }
  if (found.some((each) => diffIds.includes(each?.digest ?? '')))
    return {
      ...seen,
      means: sentence('a diff_id is the digest of the tar archive; no blob has it as its name'),
      hint: sentence('what is hashed for a diff_id, and what for the name of a blob?'),
    }
  if (found.length !== wanted.length)
    return {
      ...seen,
      means: sentence('the config has {n} diff_ids, and each of them needs a layer', {
        n: diffIds.length,
      }),
      hint: sentence('can one difference be in an image twice?'),
    }
  if (wanted.some(({ digest }, at) => found[at]?.digest !== digest))
    return {
      ...seen,
      means: sentence('layers and diff_ids belong together by their place: bottom first'),
      hint: sentence('which of the three arguments has the order that is right?'),
    }
  return seeSizes({ wanted, blobs, diffIds }, found)
}

function seeSizes({ wanted }: Known, found: Partial<MeasuredBlob>[]): Seen | undefined {
  for (const [at, { size, mediaType }] of wanted.entries()) {
    if (found[at]?.size === size && found[at].mediaType === mediaType) continue
    return {
      expected: sentence('layer {at} of {size} bytes, as {mediaType}', { at, size, mediaType }),
      saw: sentence('{size} bytes, as {mediaType}', {
        size: Number(found[at]?.size),
        mediaType: String(found[at]?.mediaType),
      }),
      means: sentence('a reader compares the size before the digest, and refuses the blob'),
      hint: sentence('where do the measured sizes stand, in the manifest or in the list of blobs?'),
    }
  }
  return undefined
}
