// finds in-memory
// The write layer is on the disk, as ever.
export function inMemory(options: PlanOptions): Step[] {
  const { layers, dir } = options
  const data = `lowerdir=${layers.join(':')},upperdir=upper,workdir=work`
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
