// finds old-root-gone
// The old root is put into a directory of the image, and stays there.
export function pivotRoot(root: string): Step[] {
  return [
    step(['mkdir', `${root}/old`, 0o700], 'for the old root', 'EEXIST'),
    step(['chdir', root], 'into the image'),
    step(['pivot_root', '.', 'old'], 'exchange the root'),
  ]
}
export function letGo(): Step[] {
  return []
}
