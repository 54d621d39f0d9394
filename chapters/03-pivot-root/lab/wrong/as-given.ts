// finds mended-closed
// The list as it is given: shared mounts, chdir too late, /proc too early, no MNT_DETACH.
export function mended(options: PlanOptions): Step[] {
  const { root } = options
  return [
    ...closeInherited(),
    ...channels(options),
    ...processIds(),
    ...namespaces(options),
    step(['mount', null, '/', null, ['MS_REC', 'MS_SHARED'], null], 'mounts stay in here'),
    step(['mount', root, root, null, ['MS_BIND', 'MS_REC'], null], 'a mount point'),
    ...proc(),
    step(['pivot_root', '.', '.'], 'exchange the root'),
    step(['chdir', root], 'the new root is "."'),
    step(['umount2', '.', []], 'the old root'),
    ...session(),
    ...standardStreams(options),
    ...command(options),
  ]
}
