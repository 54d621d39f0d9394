// As an initramfs does it: the image is moved on top of the old root, which no path reaches then.
export function pivotRoot(root: string): Step[] {
  return [
    step(['chdir', root], 'into the image'),
    step(['mount', '.', '/', null, ['MS_MOVE'], null], 'on top of the old root'),
    step(['chroot', '.'], 'paths begin here'),
    step(['chdir', '/'], 'inside'),
  ]
}
export function letGo(): Step[] {
  return []
}
