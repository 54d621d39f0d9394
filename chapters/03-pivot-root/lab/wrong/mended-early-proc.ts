// finds mended-proc
// The new /proc is mounted in the old root.
export function mended(options: PlanOptions): Step[] {
  const { root } = options
  return [
    ...closeInherited(),
    ...channels(options),
    ...processIds(),
    ...namespaces(options),
    step(['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null], 'mounts stay in here'),
    step(['mount', root, root, null, ['MS_BIND', 'MS_REC'], null], 'a mount point'),
    ...proc(),
    step(['chdir', root], 'the new root is "."'),
    step(['pivot_root', '.', '.'], 'exchange the root'),
    step(['umount2', '.', ['MNT_DETACH']], 'the old root'),
    ...session(),
    ...standardStreams(options),
    ...command(options),
  ]
}
