// finds job-limited
// The number is put right; the parent still joins.
export function job(options: PlanOptions): Step[] {
  const { dir } = placeFor(options.group, 'pids')
  const most = String(options.group.limits.pidsMax)
  return broken(options).map((each) =>
    each.ignoring ? step(['write', `${dir}/pids.max`, most], 'the limit') : each,
  )
}
