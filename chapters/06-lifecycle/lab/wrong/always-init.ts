// finds reaped
// What is good for some is done for all.
export function withInit(steps: Step[], hasInit = false): Step[] {
  const init = step(['init'], 'process 1 stays')
  return [...steps.slice(0, -1), init, ...steps.slice(-1)]
}
