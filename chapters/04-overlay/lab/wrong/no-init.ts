// finds topmost-first
// The container-init layer is left out.
export function overlay(layers: string[], dir: string): Step[] {
  const data = `lowerdir=${layers.slice(1).join(':')},upperdir=upper,workdir=work`
  return [
    step(['chdir', dir], 'names begin here'),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'one tree'),
  ]
}
