// puts its output on the grader’s socket: not one of the list
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('dup2', 3, 1),
    call('execvpe', argv[0], argv, env),
  ]
}
