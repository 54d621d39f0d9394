// finds job-limited
// The child joins, and has unshared its view before.
export function job(options: PlanOptions): Step[] {
  const [make, , view, join, pids, child, dies, command] = broken(options) as Step[]
  const { dir } = placeFor(options.group, 'pids')
  const most = String(options.group.limits.pidsMax)
  const limit = step(['write', `${dir}/pids.max`, most], 'the limit')
  return [make, limit, view, pids, child, dies, join, command] as Step[]
}
