// finds sys-read-only
// Nothing is mounted on /sys.
export function sys(): Step[] {
  return []
}
