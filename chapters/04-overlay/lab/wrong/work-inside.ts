// finds write-lands-in-upper
// The scratch space lies in the write layer.
export function overlay(layers: string[], dir: string): Step[] {
  const data = `lowerdir=${layers.join(':')},upperdir=upper,workdir=upper/work`
  return [
    step(['chdir', dir], 'names begin here'),
    step(['mkdir', 'upper/work', 0o755], 'scratch space'),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'one tree'),
  ]
}
