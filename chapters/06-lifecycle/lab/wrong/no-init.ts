// finds reaped
// The command is the process 1 that there is.
export function withInit(steps: Step[], hasInit = false): Step[] {
  void hasInit
  return steps
}
