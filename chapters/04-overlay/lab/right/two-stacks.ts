// The container-init layer and the image are one mount first, and the write layer lies on that.
export function overlay(layers: string[], dir: string): Step[] {
  const below = `lowerdir=${layers.join(':')}`
  return [
    step(['chdir', dir], 'names begin here'),
    step(['mount', 'overlay', 'merged', 'overlay', [], below], 'all that is read'),
    step(
      ['mount', 'overlay', 'merged', 'overlay', [], 'lowerdir=merged,upperdir=upper,workdir=work'],
      'and what is written',
    ),
  ]
}
