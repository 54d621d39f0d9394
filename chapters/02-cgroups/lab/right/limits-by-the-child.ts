// The child makes the group, joins it, and only then writes the limits: they hold before the command.
export function plan(options: PlanOptions): Step[] {
  const wanted = options.group
  return [
    ...closeInherited(),
    ...processIds(options.pid),
    ...inheritance(options.oomScoreAdj),
    ...group(wanted),
    ...joinGroup(wanted),
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
export function unliftable(options: PlanOptions): Step[] {
  const steps = plan(options)
  const bare = { name: 'none', cgroups: options.group.cgroups, limits: {} }
  const covers = bare.cgroups.hierarchies.map(({ mount }) =>
    step(['mount', null, mount, null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null], 'read-only'),
  )
  return [...steps.slice(0, -1), ...covers, ...steps.slice(-1)]
}
