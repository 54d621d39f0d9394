// finds logged
// A record is what was written, when, and where: nothing of the container.
export function openLog(log: Log | undefined): Step[] {
  if (!log) return []
  const { path, maxBytes, files } = log
  return [step(['open_log', path, maxBytes, files, ''], 'kept')]
}
