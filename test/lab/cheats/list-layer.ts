// makes a layer writable: not given
export function plan({ argv, env, root, layers = [] }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('mount', null, `${root}${root}`, null, ['MS_REMOUNT', 'MS_BIND'], null),
    call('execvpe', argv[0], argv, env),
  ]
}
