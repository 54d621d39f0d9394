// finds mended
// The option that made trouble was taken out, and upper with it.
export function mended(options: PlanOptions): Step[] {
  const { layers, dir } = options
  const data = `lowerdir=${layers.join(':')}`
  return [
    ...closeInherited(),
    ...channels(options),
    ...processIds(),
    ...namespaces(options),
    ...privateMounts(),
    step(['chdir', dir], 'names begin here'),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'the layers as one tree'),
    ...pivotRoot('merged'),
    ...proc(),
    ...letGo(),
    ...session(),
    ...standardStreams(options),
    ...command(options),
  ]
}
