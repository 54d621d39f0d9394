// finds write-lands-in-upper
// Only the first of the layers is in the stack.
export function overlay(layers: string[], dir: string): Step[] {
  const data = `lowerdir=${layers[0]},upperdir=upper,workdir=work`
  return [
    step(['chdir', dir], 'names begin here'),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'one tree'),
  ]
}
