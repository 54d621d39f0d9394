// binds by the flag of another call: as argument
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('unshare', ['CLONE_NEWNS', 'CLONE_NEWPID']),
    call('mount', '/proc/sys', root, null, ['S_IFIFO'], null),
    call('execvpe', argv[0], argv, env),
  ]
}
