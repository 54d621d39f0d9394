// finds nothing-above
// chroot moves the root of this process, and of no other.
export function pivotRoot(root: string): Step[] {
  return [
    step(['chdir', root], 'into the image'),
    step(['chroot', '.'], 'the image is the root'),
    step(['chdir', '/'], 'inside'),
  ]
}
export function letGo(): Step[] {
  return []
}
