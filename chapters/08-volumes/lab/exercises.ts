/** The answers to the smaller exercises of chapter 8. */

/**
 * Read. Which directories do two containers share? From the texts of /proc/PID/mountinfo of both,
 * to the paths in the first one that show the same directory of the same file system as some path
 * in the second one, in alphabetical order. It does not matter what the paths are called, nor
 * whether one of the mounts is read-only.
 *
 * A line is `ID PARENT DEVICE ROOT PATH OPTIONS …`: PATH shows the directory ROOT of the file
 * system that is on DEVICE.
 */
export function sharedPaths(first: string, second: string): string[] {
  const theirs = new Set(rowsOf(second).map(({ shows }) => shows))
  const shared = rowsOf(first).filter(({ shows }) => theirs.has(shows))
  return [...new Set(shared.map(({ path }) => path))].sort()
}

function rowsOf(mountinfo: string): { shows: string; path: string }[] {
  return mountinfo
    .trim()
    .split('\n')
    .map((line) => {
      const [, , device = '', root = '', path = ''] = line.split(' ')
      return { shows: `${device} ${root}`, path }
    })
}

/** What a container was given. A volume without a name was made for it. */
export interface Given {
  path: string
  type: 'bind' | 'volume' | 'tmpfs'
  name?: string
}

/**
 * Predict. In each path a container has written a file, and in `/etc` too. Then it ends, and
 * this is typed; `run --rm` was typed before it began. Of which paths is the file still somewhere
 * on the host? In alphabetical order.
 */
export function outlived(
  given: Given[],
  typed: 'stop' | 'rm' | 'rm -v' | 'run --rm',
): string[] {
  const isRemoved = typed !== 'stop'
  const withVolumes = typed === 'rm -v' || typed === 'run --rm'
  const left = given.filter(({ type, name }) => {
    if (type === 'volume') return name !== undefined || !withVolumes
    return type === 'bind'
  })
  return [...left.map(({ path }) => path), ...(isRemoved ? [] : ['/etc'])].sort()
}
