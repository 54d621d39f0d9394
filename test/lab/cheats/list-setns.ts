// joins the namespace of process 1: no list of this course needs
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('setns', '/proc/1/ns/mnt', 'CLONE_NEWNS'),
    call('execvpe', argv[0], argv, env),
  ]
}
