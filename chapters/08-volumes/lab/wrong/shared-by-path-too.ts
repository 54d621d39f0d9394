// finds shared
// The path has to be the same as well.
export function sharedPaths(first: string, second: string): string[] {
  const theirs = new Set(rowsOf(second).map(({ shows }) => shows))
  const shared = rowsOf(first).filter(({ shows }) => theirs.has(shows))
  return shared.map(({ path }) => path).sort()
}

function rowsOf(mountinfo: string): { shows: string; path: string }[] {
  return mountinfo
    .trim()
    .split('\n')
    .map((line) => {
      const [, , device = '', root = '', path = '', options = ''] = line.split(' ')
      return { shows: `${device} ${root} ${path}`, path }
    })
}
