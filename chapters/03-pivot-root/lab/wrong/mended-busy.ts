// finds mended-closed
// The old root is in use, and MNT_DETACH is still missing.
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
    step(['umount2', '.', []], 'the old root'),
    ...session(),
    ...standardStreams(options),
    ...command(options),
  ]
}
