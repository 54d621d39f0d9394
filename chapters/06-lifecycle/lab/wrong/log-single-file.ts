// finds logged
// Of a log that has reached its bound, nothing older is kept.
export function openLog(log: Log | undefined): Step[] {
  if (!log) return []
  const { path, maxBytes, attributes = '' } = log
  return [step(['open_log', path, maxBytes, 1, attributes], 'kept')]
}
