// finds mended-closed
// The step that failed was taken out.
export function mended(options: PlanOptions): Step[] {
  const { root } = options
  return [
    ...closeInherited(),
    ...channels(options),
    ...processIds(),
    ...namespaces(options),
    step(['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null], 'mounts stay in here'),
    step(['mount', root, root, null, ['MS_BIND', 'MS_REC'], null], 'a mount point'),
    step(['chdir', root], 'the new root is "."'),
    step(['pivot_root', '.', '.'], 'exchange the root'),
    ...proc(),
    ...session(),
    ...standardStreams(options),
    ...command(options),
  ]
}
