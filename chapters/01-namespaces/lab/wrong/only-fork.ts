// finds process-one
// A child, but no pid namespace.
export function processIds(): Step[] {
  return [
    step(['fork'], 'a child'),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'dies with its parent'),
  ]
}
