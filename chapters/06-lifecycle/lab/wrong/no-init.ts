// finds reaped
// The command is the process 1 that there is.
export function withInit(steps: Step[], hasInit = false): Step[] {
  // Yours to write: so far, --init changes nothing.
  return steps
}
