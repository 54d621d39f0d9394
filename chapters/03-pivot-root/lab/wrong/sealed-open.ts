// finds sealed
// Remounted without MS_BIND, or not at all: the image can be written.
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
    step(['mount', 'tmpfs', '/tmp', 'tmpfs', [], 'mode=1777,size=1m'], 'a place to write'),
    ...session(),
    ...standardStreams(options),
    ...command(options),
  ]
}
