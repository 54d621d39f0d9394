// finds own-group
// The list of chapter 1, without the two new lines.
export function plan(options: PlanOptions): Step[] {
  return [
    ...closeInherited(),
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
