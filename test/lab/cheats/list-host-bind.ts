// binds a directory of the host: keeps the name
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('unshare', ['CLONE_NEWNS', 'CLONE_NEWPID']),
    call('mount', '/root', root, null, ['MS_BIND'], null),
    call('execvpe', argv[0], argv, env),
  ]
}
