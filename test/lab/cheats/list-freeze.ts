// stops its own group: its own control group
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('write', '/sys/fs/cgroup/freezer/stepbox-box/freezer.state', 'FROZEN'),
    call('execvpe', argv[0], argv, env),
  ]
}
