// finds root-is-the-image
// The working directory is the image, and the root is still the machine's.
export function pivotRoot(root: string): Step[] {
  return [step(['chdir', root], 'into the image')]
}
export function letGo(): Step[] {
  return []
}
