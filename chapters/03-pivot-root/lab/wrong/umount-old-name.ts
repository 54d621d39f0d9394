// finds old-root-gone
// The path of the image leads nowhere once the image is the root.
export function letGo(): Step[] {
  return [step(['umount2', '/image/rootfs', ['MNT_DETACH']], 'the old root')]
}
