// writes where core dumps go: its own control group
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('write', '/proc/sys/kernel/core_pattern', '|/tmp/x'),
    call('execvpe', argv[0], argv, env),
  ]
}
