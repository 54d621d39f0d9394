// finds settings-closed
// Nothing in /proc is protected.
export function readOnlyProc(): Step[] {
  return []
}
