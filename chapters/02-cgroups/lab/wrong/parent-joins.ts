// finds own-group
// Both new lines before the fork: the parent joins, and the child is born inside.
export function plan(options: PlanOptions): Step[] {
  return [
    ...closeInherited(),
    ...group(options.group),
    ...joinGroup(options.group),
    ...processIds(options.pid),
    ...inheritance(options.oomScoreAdj),
    ...namespaces(options),
    ...privateMounts(),
    ...hostname(options),
    ...loopback(options.network),
    ...proc(),
    ...session(),
    ...directory(options.cwd),
    ...command(options),
  ]
}
