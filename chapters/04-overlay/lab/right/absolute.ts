// Absolute names throughout; the working directory is set only for the step that follows.
export function overlay(layers: string[], dir: string): Step[] {
  const lower = layers.map((name) => `${dir}/${name}`).join(':')
  const data = `workdir=${dir}/work,upperdir=${dir}/upper,lowerdir=${lower}`
  return [
    step(['mount', 'none', `${dir}/merged`, 'overlay', [], data], 'one tree'),
    step(['chdir', dir], 'merged is entered from here'),
  ]
}
