// finds settings-closed
// The call that binds ignores MS_RDONLY.
export function readOnlyProc(): Step[] {
  return ['sys', 'bus', 'fs', 'irq', 'sysrq-trigger'].map((name) =>
    step(
      ['mount', `/proc/${name}`, `/proc/${name}`, null, ['MS_BIND', 'MS_RDONLY'], null],
      'read-only',
      'ENOENT',
    ),
  )
}
