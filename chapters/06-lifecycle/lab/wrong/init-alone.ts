// finds passed-on
// process 1 is there, and the command is not.
export function withInit(steps: Step[], hasInit = false): Step[] {
  return hasInit ? [...steps.slice(0, -1), step(['init'], 'process 1 stays')] : steps
}
