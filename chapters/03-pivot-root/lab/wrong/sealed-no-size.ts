// finds sealed
// A tmpfs without a size has half of the memory.
export function sealed(options: PlanOptions): Step[] {
  const { root } = options
  return [
    ...closeInherited(),
    ...channels(options),
    ...processIds(),
    ...namespaces(options),
    ...privateMounts(),
    ...bind(root),
    ...pivotRoot(root),
    ...proc(),
    ...letGo(),
    step(['mount', 'tmpfs', '/tmp', 'tmpfs', [], 'mode=1777'], 'a place to write'),
    step(['mount', null, '/', null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null], 'closed'),
    ...session(),
    ...standardStreams(options),
    ...command(options),
  ]
}
