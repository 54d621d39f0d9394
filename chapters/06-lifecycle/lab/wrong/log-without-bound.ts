// finds logged
// The bound is for others to keep.
export function openLog(log: Log | undefined): Step[] {
  if (!log) return []
  const { path, files, attributes = '' } = log
  return [step(['open_log', path, 0, files, attributes], 'kept')]
}
