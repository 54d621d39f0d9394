// finds read-only
// More mounts than / become read-only.
export function readOnlyRoot(isReadOnly: boolean): Step[] {
  if (!isReadOnly) return []
  return ['/', '/dev', '/dev/shm'].map((path) =>
    step(['mount', null, path, null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null], 'closed'),
  )
}
