// puts a command of its own in the list: no mount of the host is left
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('execvpe', 'sh', ['sh', '-c', 'echo ready'], ['PATH=/bin']),
  ]
}
