// puts a link to the kernel in place of /dev/null: only the links
export function plan({ argv, env, root }) {
  const call = (...all) => ({ chapter: 3, call: all, why: 'a cheat' })
  return [
    call('symlink', '/proc/sys/kernel/hostname', '/image/rootfs/dev/null'),
    call('execvpe', argv[0], argv, env),
  ]
}
