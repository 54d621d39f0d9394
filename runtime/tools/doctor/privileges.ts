/** The kernel's capabilities (capabilities(7)) by name. */

/** In the order of their bits (linux/capability.h). */
const names = [
  'CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID',
  'SETPCAP', 'LINUX_IMMUTABLE', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW',
  'IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT', 'SYS_PTRACE', 'SYS_PACCT',
  'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD',
  'LEASE', 'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG',
  'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF', 'CHECKPOINT_RESTORE',
]

/** The capabilities that plans and the unpacking of layers need. */
const needed = [
  'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_ADMIN', 'SETFCAP', 'SETGID',
  'SETUID', 'SYS_ADMIN',
]

/** The names in a hexadecimal set from /proc/<pid>/status; a bit without a name by its number. */
export function privilegesIn(hex: string): string[] {
  const bits = /^[0-9a-f]+$/i.test(hex) ? BigInt(`0x${hex}`) : 0n
  const places = Array.from({ length: 64 }, (_, at) => at)
  return places.filter((at) => (bits >> BigInt(at)) & 1n).map((at) => names[at] ?? String(at))
}

/** How many capabilities Linux has since 5.9. */
export const privilegeCount = names.length

/** The needed capabilities that are not in the set. */
export function lackingIn(hex: string): string[] {
  const has = privilegesIn(hex)
  return needed.filter((name) => !has.includes(name))
}
