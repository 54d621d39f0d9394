// finds old-root-gone
// The old root is never unmounted.
export function letGo(): Step[] {
  return []
}
