/** Findings that the checks of all chapters share: why a list did not get as far as its command. */
import type { Bench, Box, Facts, Failed, Finding, Wish } from './chapter-lab.ts'
import { sentence, type Catalogue, type Sentence } from './sentence.ts'
import zh from './zh.json' with { type: 'json' }

/** The Chinese of this file's sentences: a chapter spreads it into its own catalogue. */
export const findingsZh: Catalogue = zh

/** What an errno means, and where to look, by call and errno: `mount EBUSY`. */
export type Refusals = Record<string, Why>

export type Why = Pick<Finding, 'means' | 'hint'>

/** A container to be run and looked at. */
export interface Inspection {
  did: Sentence
  wish: Wish
  known?: Refusals
  /** Why a call was refused, from what is seen of the process right before it. */
  explain?: (failed: Failed, before: Facts | undefined) => Why | undefined
  /** What is wrong with it, if something is. */
  see: (facts: Facts, box: Box) => Seen | undefined | Promise<Seen | undefined>
}

/** A finding without what was done. */
export type Seen = Omit<Finding, 'did'>

/** Run a container and look at it; why it did not start, if it did not. */
export async function lookAt(bench: Bench, look: Inspection): Promise<Finding | undefined> {
  const { did, wish, see } = look
  const box = await bench.run(wish)
  const early = await lookBack(bench, look, box)
  if (early || !box.facts) return early
  const seen = await see(box.facts, box)
  return seen && { did, ...seen }
}

/**
 * Why the container of `box` did not start, if it did not. To explain a refused call, the list is
 * carried out once more up to that call, and the process looked at.
 */
export async function lookBack(
  { run }: Bench,
  { did, wish, known, explain }: Omit<Inspection, 'see'>,
  box: Box,
): Promise<Finding | undefined> {
  const early = await notStarted(did, box, known)
  const { failure } = box
  if (!early || !failure || !explain) return early
  const upTo = failure.index
  if (upTo < 0) throw new Error(failure.call) // the machine around it could not be made
  const before = await run({ ...wish, script: 'true', then: 'true', upTo })
  return { ...early, ...explain(failure, before.facts) }
}

/**
 * Why the container of `box` did not start: a call was refused, or the list ended before. Undefined
 * if it did. What `known` says of a refusal goes before what is said here.
 */
export async function notStarted(
  did: Sentence,
  box: Box,
  known: Refusals = {},
): Promise<Finding | undefined> {
  if (box.failure) return refused(did, box.failure, known)
  if (box.facts) return undefined
  const { exitCode, lateSeconds: seconds, out, err } = await box.go()
  const expected = sentence('the command runs')
  if (seconds !== undefined)
    return {
      did,
      expected,
      saw: sentence('after {seconds} seconds it was not there yet', { seconds }),
      means: sentence('a step waits for something, or the command hardly gets any processor time'),
      hint: sentence('stepbox --lab . run --trace prints each step as it is made: which is last?'),
    }
  const said = `${out}${err}`.trim().slice(0, 200)
  if (said !== '' || exitCode !== 0)
    return {
      did,
      expected,
      saw: sentence('it ended early, with exit code {code}: {said}', { code: exitCode, said }),
      means: sentence('something that the command needs is missing, or it was killed'),
      hint: sentence('which step could take away what that message asks for?'),
    }
  return {
    did,
    expected,
    saw: sentence('the list came to its end, and no command was running'),
    means: sentence('it has no execvpe step, or it is empty'),
    hint: sentence('print the list; is the last step the one that becomes the command?'),
  }
}

/** A call that the kernel refused, explained by its errno. */
function refused(
  did: Sentence,
  { name, call, errno }: NonNullable<Box['failure']>,
  known: Refusals = {},
): Finding {
  const both = `${name} ${errno}`
  const { means, hint } = known[both] ?? refusals[both] ?? refusals[errno] ?? unexplained(errno)
  return {
    did,
    expected: sentence('a list that the kernel carries out to the end'),
    saw: sentence('{call}', { call: call.replace(/\n\s*/g, ', ') }),
    means,
    hint,
  }
}

function unexplained(errno: string): Refusals[string] {
  return {
    means: sentence('the kernel refused this call, and the list stops there'),
    hint: sentence('the man page of the call lists {errno} under ERRORS', { errno }),
  }
}

const refusals: Refusals = {
  EPERM: {
    means: sentence('the process lacks the right for this call: it may have given up root before'),
    hint: sentence('what comes before it in the list? root is given up last'),
  },
  'fork ENOMEM': {
    means: sentence('the pid namespace for new children has lost its process 1: it is closed'),
    hint: sentence('how many forks follow each unshare(CLONE_NEWPID)?'),
  },
  'fork EAGAIN': {
    means: sentence('a limit on processes was reached, before the command ran'),
    hint: sentence('who is in the group at that moment, and what is its pids.max?'),
  },
  'mkdir EEXIST': {
    means: sentence('that directory exists: it was made by an earlier step'),
    hint: sentence('is the same step in the list twice?'),
  },
  'mkdir ENOENT': {
    means: sentence('the directory above it does not exist'),
    hint: sentence('which step makes the directory above, and does it come before?'),
  },
  'write ENOENT': {
    means: sentence(
      'there is no such file: its directory, or what puts the file there, is missing',
    ),
    hint: sentence('which step makes the directory, and does it come before? is the name right?'),
  },
  'write EINVAL': {
    means: sentence('the kernel does not understand the text that is written to this file'),
    hint: sentence('compare the text with the format that the chapter shows for this file'),
  },
  'mount ENODEV': {
    means: sentence('this kernel knows no file system of that type'),
    hint: sentence('the third argument of mount is the type: is it spelled right?'),
  },
  'mount ENOENT': {
    means: sentence('the mount point, or the source, does not exist at this moment'),
    hint: sentence('which step makes it? relative paths begin at the working directory'),
  },
  'mount EINVAL': {
    means: sentence('these flags do not go together, or the target is no mount point'),
    hint: sentence('man 2 mount: which one operation do these flags ask for?'),
  },
  'execvpe ENOENT': {
    means: sentence('the program is not there: the container sees other files than it needs'),
    hint: sentence('what did the steps before do to the root, or to /?'),
  },
}
