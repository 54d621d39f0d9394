// forks again and again: forks again
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('fork'),
    call('fork'),
    call('fork'),
    call('fork'),
    call('fork'),
    call('fork'),
    call('fork'),
    call('fork'),
    call('fork'),
    call('fork'),
    call('fork'),
    call('fork'),
    call('execvpe', argv[0], argv, env),
  ]
}
