// finds logged
// The log goes where logs go.
export function openLog(log: Log | undefined): Step[] {
  if (!log) return []
  const { maxBytes, files, attributes = '' } = log
  return [step(['open_log', '/var/log/container.log', maxBytes, files, attributes], 'kept')]
}
