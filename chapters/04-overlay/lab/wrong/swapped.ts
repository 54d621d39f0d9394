// finds write-lands-in-upper
// upper and work are swapped.
export function overlay(layers: string[], dir: string): Step[] {
  const data = `lowerdir=${layers.join(':')},upperdir=work,workdir=upper`
  return [
    step(['chdir', dir], 'names begin here'),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'one tree'),
  ]
}
