// finds settings-closed
// All of /proc is read-only, a process's own files too.
export function readOnlyProc(): Step[] {
  return [
    step(['mount', null, '/proc', null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null], 'read-only'),
  ]
}
