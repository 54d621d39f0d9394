// First all places are made, from the shortest on, and what is below another one once it is there.
export function attachVolumes(options: AttachOptions): Step[] {
  const fd = afterStreams(options)
  const all = options.volumes ?? []
  const depth = ({ target }: PlannedMount) => target.split('/').length
  const sorted = all.toSorted((a, b) => depth(a) - depth(b))
  return sorted.flatMap((each, at) => [
    step(['mkdir_parents', each.target, 0o755], 'a place', 'EEXIST'),
    step(['openat2', -100, each.target, ['O_PATH', 'O_CLOEXEC'], ['RESOLVE_IN_ROOT', 'RESOLVE_NO_MAGICLINKS']], 'where'),
    step(['move_mount_to', 128 + sorted.indexOf(each), fd], 'attached'),
    step(['close', fd], 'done'),
  ])
}
