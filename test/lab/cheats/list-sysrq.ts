// writes to /proc/sysrq-trigger: its own control group
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('write', '/proc/sysrq-trigger', 'b'),
    call('execvpe', argv[0], argv, env),
  ]
}
