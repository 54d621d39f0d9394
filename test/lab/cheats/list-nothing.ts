// does nothing, and runs the command: mounts of the machine
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('execvpe', argv[0], argv, env),
  ]
}
