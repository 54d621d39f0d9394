// finds root-is-the-image
// The new mount is shared, as / is on most machines.
export function bind(root: string): Step[] {
  return [
    step(['mount', root, root, null, ['MS_BIND', 'MS_REC'], null], 'a mount point'),
    step(['mount', null, root, null, ['MS_SHARED'], null], 'like the others'),
  ]
}
