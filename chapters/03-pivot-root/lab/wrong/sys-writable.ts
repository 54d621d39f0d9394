// finds sys-read-only
// The flags of /proc, without the one that matters.
export function sys(): Step[] {
  return [step(['mount', 'sysfs', '/sys', 'sysfs', quiet, null], 'devices')]
}
