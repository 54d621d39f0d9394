// finds mended-closed
// The directory that is to become the root is entered too late.
export function mended(options: PlanOptions): Step[] {
  const { root } = options
  return [
    ...closeInherited(),
    ...channels(options),
    ...processIds(),
    ...namespaces(options),
    step(['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null], 'mounts stay in here'),
    step(['mount', root, root, null, ['MS_BIND', 'MS_REC'], null], 'a mount point'),
    step(['pivot_root', '.', '.'], 'exchange the root'),
    step(['chdir', root], 'the new root is "."'),
    ...proc(),
    step(['umount2', '.', ['MNT_DETACH']], 'the old root'),
    ...session(),
    ...standardStreams(options),
    ...command(options),
  ]
}
