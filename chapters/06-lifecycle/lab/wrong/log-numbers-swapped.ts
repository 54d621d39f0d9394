// finds logged
// The number of files and the size of one change places.
export function openLog(log: Log | undefined): Step[] {
  if (!log) return []
  const { path, maxBytes, files, attributes = '' } = log
  return [step(['open_log', path, files, maxBytes, attributes], 'kept')]
}
