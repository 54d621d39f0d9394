// finds old-root-gone
// Without MNT_DETACH, a mount with others below it stays.
export function letGo(): Step[] {
  return [step(['umount2', '.', []], 'the old root')]
}
