// finds own-view
// The cgroup namespace is made first: its root is the group of that moment.
export function plan(options: PlanOptions): Step[] {
  return [
    ...closeInherited(),
    ...group(options.group),
    ...processIds(options.pid),
    ...inheritance(options.oomScoreAdj),
    ...namespaces(options),
    ...joinGroup(options.group),
    ...privateMounts(),
    ...hostname(options),
    ...loopback(options.network),
    ...proc(),
    ...session(),
    ...directory(options.cwd),
    ...command(options),
  ]
}
