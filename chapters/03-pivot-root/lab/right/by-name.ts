// Absolute names for both, and the same directory twice; nothing relies on the working directory.
export function bind(root: string): Step[] {
  return [step(['mount', root, root, null, ['MS_BIND'], null], 'a mount point')]
}
export function pivotRoot(root: string): Step[] {
  return [step(['pivot_root', root, root], 'exchange the root'), step(['chdir', '/'], 'inside')]
}
export function letGo(): Step[] {
  return [step(['umount2', '/', ['MNT_DETACH']], 'what lies on top of / is the old root')]
}
