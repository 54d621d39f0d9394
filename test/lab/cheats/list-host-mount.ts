// mounts the disk of the host: mounts that file system
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('unshare', ['CLONE_NEWNS', 'CLONE_NEWPID']),
    call('mount', '/dev/vda', root, 'ext4', [], null),
    call('execvpe', argv[0], argv, env),
  ]
}
