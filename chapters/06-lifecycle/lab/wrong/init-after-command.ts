// finds reaped
// First the command, then its process 1.
export function withInit(steps: Step[], hasInit = false): Step[] {
  return hasInit ? [...steps, step(['init'], 'process 1 stays')] : steps
}
