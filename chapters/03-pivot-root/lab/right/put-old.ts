// The old way: a directory of the image for the old root, which is unmounted by its name.
export function pivotRoot(root: string): Step[] {
  return [
    step(['mkdir', `${root}/old`, 0o700], 'a place for the old root'),
    step(['chdir', root], 'into the image'),
    step(['pivot_root', '.', 'old'], 'exchange the root'),
    step(['chdir', '/'], 'inside'),
  ]
}
export function letGo(): Step[] {
  return [
    step(['umount2', '/old', ['MNT_DETACH']], 'nothing of the host is left'),
    step(['rmdir', '/old'], 'the image is as it was'),
  ]
}
