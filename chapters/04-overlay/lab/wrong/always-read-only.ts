// finds write-lands-in-upper
// / is read-only, whatever was asked.
export function readOnlyRoot(_isReadOnly: boolean): Step[] {
  return [step(['mount', null, '/', null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null], 'closed')]
}
