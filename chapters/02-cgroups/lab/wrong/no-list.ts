// finds own-view
// The list is still empty.
export function plan(): Step[] {
  return []
}
