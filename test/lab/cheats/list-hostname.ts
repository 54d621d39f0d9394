// renames the machine, and hopes that it is the host: mounts of the machine
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('sethostname', 'pwned'),
    call('execvpe', argv[0], argv, env),
  ]
}
