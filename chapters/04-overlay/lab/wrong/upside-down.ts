// finds topmost-first
// In lowerdir, the topmost layer comes first.
export function overlay(layers: string[], dir: string): Step[] {
  const data = `lowerdir=${layers.toReversed().join(':')},upperdir=upper,workdir=work`
  return [
    step(['chdir', dir], 'names begin here'),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'one tree'),
  ]
}
