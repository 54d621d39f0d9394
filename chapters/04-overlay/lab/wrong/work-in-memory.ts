// finds write-lands-in-upper
// work is on another file system than upper.
export function overlay(layers: string[], dir: string): Step[] {
  const data = `lowerdir=${layers.join(':')},upperdir=upper,workdir=work`
  return [
    step(['chdir', dir], 'names begin here'),
    step(['mount', 'tmpfs', 'work', 'tmpfs', [], null], 'scratch space is fast in memory'),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'one tree'),
  ]
}
