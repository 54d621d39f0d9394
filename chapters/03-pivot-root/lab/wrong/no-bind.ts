// finds root-is-the-image
// The image is a directory, and never becomes a mount of its own.
export function bind(_root: string): Step[] {
  return []
}
