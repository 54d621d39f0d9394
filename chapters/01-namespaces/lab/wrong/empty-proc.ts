// finds own-proc
// An empty file system on /proc: no foreign process is to be seen, and none of its own.
export function proc(): Step[] {
  return [step(['mount', 'tmpfs', '/proc', 'tmpfs', [], null], 'own /proc')]
}
