// finds image-unchanged
// The topmost layer of the image is to be written to.
export function overlay(layers: string[], dir: string): Step[] {
  const data = `lowerdir=${layers.slice(2).join(':')},upperdir=${layers[1]},workdir=work`
  return [
    step(['chdir', dir], 'names begin here'),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'one tree'),
  ]
}
