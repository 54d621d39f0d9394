// finds write-lands-in-upper
// Layers alone make a tree that can only be read.
export function overlay(layers: string[], dir: string): Step[] {
  const data = `lowerdir=${layers.join(':')}`
  return [
    step(['chdir', dir], 'names begin here'),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'one tree'),
  ]
}
