// finds in-memory
// A tmpfs without a size has half of the memory.
export function inMemory(options: PlanOptions): Step[] {
  const { layers, dir } = options
  const data = `lowerdir=${layers.join(':')},upperdir=work/upper,workdir=work/work`
  return [
    ...closeInherited(),
    ...channels(options),
    ...processIds(),
    ...namespaces(options),
    ...privateMounts(),
    step(['chdir', dir], 'names begin here'),
    step(['mount', 'tmpfs', 'work', 'tmpfs', [], 'mode=755'], 'memory for both'),
    step(['mkdir', 'work/upper', 0o755], 'what is written'),
    step(['mkdir', 'work/work', 0o755], 'scratch space'),
    step(['mount', 'overlay', 'merged', 'overlay', [], data], 'the layers as one tree'),
    ...pivotRoot('merged'),
    ...proc(),
    ...letGo(),
    ...session(),
    ...standardStreams(options),
    ...command(options),
  ]
}
