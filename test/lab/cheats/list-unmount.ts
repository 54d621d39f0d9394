// unmounts all that it can: mounts of the machine|was not|exit code|root|cannot
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('unshare', ['CLONE_NEWNS', 'CLONE_NEWPID']),
    call('umount2', '/proc', ['MNT_DETACH']),
    call('umount2', '/sys', ['MNT_DETACH']),
    call('umount2', '/dev', ['MNT_DETACH']),
    call('execvpe', argv[0], argv, env),
  ]
}
