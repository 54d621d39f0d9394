// finds own-proc
// The file system is called procfs in English, and proc in the kernel.
export function proc(): Step[] {
  return [step(['mount', 'none', '/proc', 'procfs', [], null], 'own /proc')]
}
