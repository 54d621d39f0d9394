/** A container that is given directories of its machine: how it is tried, and what is seen. */
import type { Bench, Box, Facts, Finding, Wish } from '../../../runtime/chapter-lab.ts'
import { lookAt, type Refusals, type Seen } from '../../../runtime/lab-findings.ts'
import type { Mount } from '../../../runtime/mountinfo.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'

/** Directories that the host has as well: `-v` would make others there. */
export const [home, tmp, dev] = ['/home', '/tmp', '/dev']

const known: Refusals = {
  'openat2 ENOENT': {
    means: sentence('there is nothing to mount it on'),
    hint: sentence('which call makes a directory, and those above it, if they are missing?'),
  },
  'openat2 ELOOP': {
    means: sentence('links are not followed at all, where they should lead inside'),
    hint: sentence('which of the flags keep a link inside, and which refuse it?'),
  },
  'move_mount_to EBADF': {
    means: sentence('nothing is open under one of these numbers'),
    hint: sentence('which number has the tree, and which the target? When are they closed?'),
  },
  'move_mount_to ELOOP': {
    means: sentence('that tree is mounted already, or the target is no place for it'),
    hint: sentence('each tree can be attached once: which number belongs to which target?'),
  },
}

export interface Tried extends Omit<Wish, 'then'> {
  did: Sentence
}

export function tryOut(
  bench: Bench,
  { did, ...wish }: Tried,
  see: (facts: Facts, box: Box) => Seen | undefined,
): Promise<Finding | undefined> {
  return lookAt(bench, { did, wish: { ...wish, then: 'true' }, known, see })
}

/** The mount that a path of the container shows; undefined if none begins there. */
export function mountAt({ mounts }: Facts, path: string): Mount | undefined {
  return mounts.findLast(({ target }) => target === path)
}

export function missing(path: string): Seen {
  return {
    expected: sentence('a mount on {path}', { path }),
    saw: sentence('no mount there in the mountinfo of the container'),
    means: sentence('the tree was not attached, or to another place'),
    hint: sentence('which call gives a tree that is open a place?'),
  }
}
