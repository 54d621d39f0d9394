// finds mended
// The list as it is given: chdir too late, work in memory, layers upside down.
export function mended(options: PlanOptions): Step[] {
  const { layers, dir } = options
  const data = `lowerdir=${layers.toReversed().join(':')},upperdir=upper,workdir=work`
  return [
    ...closeInherited(),
    ...channels(options),
    ...processIds(),
    ...namespaces(options),
    ...privateMounts(),
    step(['mount', 'tmpfs', `${dir}/work`, 'tmpfs', [], null], 'scratch space is fast in memory'),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'the layers as one tree'),
    step(['chdir', dir], 'names begin here'),
    ...pivotRoot('merged'),
    ...proc(),
    ...letGo(),
    ...session(),
    ...standardStreams(options),
    ...command(options),
  ]
}
