// All groups first, then all limits; joined by cgroup.procs in both versions, before inheritance.
export function plan(options: PlanOptions): Step[] {
  return [
    ...group(options.group),
    ...closeInherited(),
    ...processIds(options.pid),
    ...joinGroup(options.group),
    ...inheritance(options.oomScoreAdj),
    ...namespaces(options),
    ...privateMounts(),
    ...proc(),
    ...loopback(options.network),
    ...hostname(options),
    ...directory(options.cwd),
    ...session(),
    ...command(options),
  ]
}
export function group(wanted: Group): Step[] {
  const places = groupPlaces(wanted)
  return [
    ...places.flatMap((place) => prepareTree(place, wanted)),
    ...places.map(({ dir }) => step(['mkdir', dir, 0o700], 'a group')),
    ...places.flatMap((place) => writeLimits(place, wanted)),
  ]
}
export function joinGroup(wanted: Group): Step[] {
  return groupPlaces(wanted).map(({ dir }) => step(['write', `${dir}/cgroup.procs`, '0'], 'join'))
}
export function quota({ cpus, cpuQuotaUs, cpuPeriodUs = 100_000 }: Limits, version: 1 | 2): LimitLine[] {
  const time = cpus === undefined ? cpuQuotaUs : cpus * cpuPeriodUs
  if (time === undefined) return []
  if (version === 2) return [['cpu.max', `${time} ${cpuPeriodUs}`, 'quota and period']]
  return [
    ['cpu.cfs_period_us', `${cpuPeriodUs}`, 'the period'],
    ['cpu.cfs_quota_us', `${time}`, 'the quota'],
  ]
}
