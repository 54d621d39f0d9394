// finds mounts-follow
// The order is right, and the mounts are shared as before.
export function following(options: PlanOptions): Step[] {
  const [child, pids, dies, proc, mounts, shared, command] = broken(options) as [
    Step, Step, Step, Step, Step, Step, Step,
  ]
  return [pids, child, dies, mounts, shared, proc, command]
}
