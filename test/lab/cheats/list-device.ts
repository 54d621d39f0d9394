// makes a disk: only devices
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('mknod', '/dev/vda', 'S_IFBLK', 0o600, 254, 0),
    call('execvpe', argv[0], argv, env),
  ]
}
