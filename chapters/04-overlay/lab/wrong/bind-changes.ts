// finds image-unchanged
// The layer of the image becomes the root itself, as in the chapter before.
export function overlay(layers: string[], dir: string): Step[] {
  return [
    step(['chdir', dir], 'names begin here'),
    step(['mount', layers.at(-1) ?? '', 'merged', null, ['MS_BIND'], null], 'the image'),
  ]
}
