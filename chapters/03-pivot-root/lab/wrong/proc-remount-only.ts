// finds settings-closed
// A directory is no mount, and cannot be remounted.
export function readOnlyProc(): Step[] {
  return ['sys', 'bus', 'fs', 'irq', 'sysrq-trigger'].map((name) =>
    step(
      ['mount', null, `/proc/${name}`, null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null],
      'read-only',
      'ENOENT',
    ),
  )
}
