// finds mounts-follow
// Private: nothing leaves, and nothing arrives.
export function following(options: PlanOptions): Step[] {
  const [child, pids, dies, proc, mounts, , command] = broken(options) as [
    Step, Step, Step, Step, Step, Step, Step,
  ]
  const own = step(['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null], 'private')
  return [pids, child, dies, mounts, own, proc, command]
}
