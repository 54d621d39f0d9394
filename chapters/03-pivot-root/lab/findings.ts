/** Why a container did not start: what the call that failed found, seen from the host. */
import type { Bench, Box, Facts, Failed, Finding, Wish } from '../../../runtime/chapter-lab.ts'
import { lookAt, type Seen, type Why } from '../../../runtime/lab-findings.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'

/** Run a container and look at it while it waits; why it did not start, if it did not. */
export function tryOut(
  bench: Bench,
  { did, ...wish }: Wish & { did: Sentence },
  see: (facts: Facts, box: Box) => Seen | undefined,
): Promise<Finding | undefined> {
  return lookAt(bench, { did, wish: { then: 'true', ...wish }, explain, see })
}

function explain(failure: Failed, before: Facts | undefined): Why | undefined {
  const { name, errno } = failure
  if (before && name === 'pivot_root') return noExchange(failure, before)
  if (before && name === 'umount2') return noUmount(failure, before)
  if (name === 'mount' && errno === 'ENOENT')
    return {
      means: sentence('the directory to mount on does not exist where this step looks for it'),
      hint: sentence('which root do paths begin at by then, and is the directory in it?'),
    }
  if (name === 'mount' && errno === 'EINVAL')
    return {
      means: sentence('a remount changes a mount, and there is no mount at that path'),
      hint: sentence('what makes a directory a mount? it has to come first'),
    }
  return undefined
}

function noExchange({ made, errno }: Failed, { cwd, mounts }: Facts): Why {
  const [, root] = made
  const path = root === '.' ? cwd : String(root)
  const mount = mounts.findLast(({ target }) => target === path)
  const shared = mounts.find(
    ({ id, propagation }) =>
      propagation.includes('shared') && (id === mount?.id || id === mount?.parent),
  )
  if (errno === 'EINVAL' && shared)
    return {
      means: sentence('the mount at {path} is shared: its peers would have to move, too', {
        path: shared.target,
      }),
      hint: sentence('man 2 pivot_root, EINVAL: which propagation may these mounts not have?'),
    }
  if (path === '/')
    return {
      means: sentence('the new root was to be "/": the root that is to be exchanged itself'),
      hint: sentence('which directory is "." when pivot_root is called?'),
    }
  if (!mount)
    return {
      means: sentence('{path} was a directory and no mount: the mount table has no such line', {
        path,
      }),
      hint: sentence('which kind of mount makes a mount point of a directory, as it is?'),
    }
  return {
    means: sentence('{path} was a mount point, and the kernel refused to exchange it', { path }),
    hint: sentence('man 2 pivot_root lists the reasons for {errno}', { errno }),
  }
}

function noUmount({ made, errno }: Failed, { mounts }: Facts): Why {
  const [, path, flags] = made as [string, string, string[]]
  const inside = mounts.filter(({ target }) => target !== '/').length
  if (errno === 'EBUSY' && !flags.includes('MNT_DETACH'))
    return {
      means: sentence('the old root is in use: {n} mounts are still mounted below', { n: inside }),
      hint: sentence('man 2 umount: which flag takes a whole tree of mounts out at once?'),
    }
  return {
    means: sentence('{path} names no mount: from here on, paths begin at the new root', { path }),
    hint: sentence('where did pivot_root put the old root? its second argument says so'),
  }
}
