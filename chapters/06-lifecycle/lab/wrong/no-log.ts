// finds logged
// What is shown on a terminal is taken for what is kept.
export function openLog(log: Log | undefined): Step[] {
  return []
}
