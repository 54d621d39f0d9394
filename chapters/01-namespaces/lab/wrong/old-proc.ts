// finds own-proc
// /proc is not mounted again.
export function proc(): Step[] {
  return []
}
