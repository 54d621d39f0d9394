// finds upper-is-plain
// A renamed directory is a reference to one below.
export function overlay(layers: string[], dir: string): Step[] {
  const data = `lowerdir=${layers.join(':')},upperdir=upper,workdir=work,redirect_dir=on`
  return [
    step(['chdir', dir], 'names begin here'),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'one tree'),
  ]
}
