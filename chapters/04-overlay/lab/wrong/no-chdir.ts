// finds write-lands-in-upper
// The names of the layers are looked for in the directory that the list began in.
export function overlay(layers: string[], _dir: string): Step[] {
  const data = `lowerdir=${layers.join(':')},upperdir=upper,workdir=work`
  return [
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'one tree'),
  ]
}
