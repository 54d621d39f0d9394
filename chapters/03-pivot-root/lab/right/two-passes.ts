// First all mounts, then all remounts; and /sys in two calls.
export function readOnlyProc(): Step[] {
  const paths = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map((name) => `/proc/${name}`)
  return [
    ...paths.map((path) =>
      step(['mount', path, path, null, ['MS_BIND', 'MS_REC'], null], 'a mount', 'ENOENT'),
    ),
    ...paths.map((path) =>
      step(['mount', null, path, null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null], 'closed', 'ENOENT'),
    ),
  ]
}
export function sys(): Step[] {
  return [
    step(['mount', 'none', '/sys', 'sysfs', [], null], 'devices'),
    step(['mount', null, '/sys', null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null], 'closed'),
  ]
}
