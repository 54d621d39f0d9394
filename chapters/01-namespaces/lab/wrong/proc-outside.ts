// finds mounts-follow
// The fork is in its place, and /proc is still mounted before there is a mount namespace.
export function following(options: PlanOptions): Step[] {
  const [child, pids, dies, proc, mounts, , command] = broken(options) as [
    Step, Step, Step, Step, Step, Step, Step,
  ]
  const slaves = step(['mount', null, '/', null, ['MS_REC', 'MS_SLAVE'], null], 'receive')
  return [pids, child, dies, proc, mounts, slaves, command]
}
