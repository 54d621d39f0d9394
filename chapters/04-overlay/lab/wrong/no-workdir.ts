// finds write-lands-in-upper
// The kernel has no scratch space.
export function overlay(layers: string[], dir: string): Step[] {
  const data = `lowerdir=${layers.join(':')},upperdir=upper`
  return [
    step(['chdir', dir], 'names begin here'),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'one tree'),
  ]
}
