// finds read-only
// --read-only is not heeded.
export function readOnlyRoot(_isReadOnly: boolean): Step[] {
  return []
}
