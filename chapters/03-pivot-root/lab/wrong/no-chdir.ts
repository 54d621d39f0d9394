// finds root-is-the-image
// "." is still the directory that the list began in.
export function pivotRoot(_root: string): Step[] {
  return [step(['pivot_root', '.', '.'], 'exchange the root')]
}
