// finds link
// The directory is not made.
export function attachVolumes(options: AttachOptions): Step[] {
  const fd = afterStreams(options)
  const all = options.volumes ?? []
  const depth = ({ target }: PlannedMount) => target.split('/').length
  const sorted = all.toSorted((a, b) => depth(a) - depth(b))
  return sorted.flatMap((each, at) => [
    step(['openat2', -100, each.target, ['O_PATH', 'O_CLOEXEC'], ['RESOLVE_IN_ROOT']], 'where'),
    step(['move_mount_to', 128 + sorted.indexOf(each), fd], 'attached'),
    step(['close', fd], 'done'),
  ])
}
