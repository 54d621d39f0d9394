/** Chapter 1. Steps in strace(1)'s notation: how a plan is printed, traced and tested. */
import { signatures, type Call } from './step.ts'

/** One call as strace prints it, without its result: `mount("proc", "/proc", "proc", 0, NULL)`. */
export function strace(call: Call): string {
  const [name, ...values] = call
  const kinds = kindsOf(name)
  const args = values.map((value, at) => format(value, kinds[at] ?? 's'))
  const notation = notations[name]
  return notation ? notation(args) : `${name}(${args.join(', ')})`
}

/** The call's name as strace has it, which is what people type: `ioctl` for every kind of ioctl. */
export function nameOf(call: Call): string {
  return /^\w+/.exec(strace(call))?.[0] ?? call[0]
}

/** What the call of that name gave back, as strace prints it: a mask in octal, as it was given. */
export function resultOf(name: string, result: number): string {
  return format(result, name === 'umask' ? 'o' : 'n')
}

/** The kind letters of a call's arguments without the `?`s. */
export function kindsOf(name: Call[0]): string[] {
  return kinds[name]
}

const kinds = Object.fromEntries(
  Object.entries(signatures).map(([name, letters]) => [name, [...letters.replaceAll('?', '')]]),
) as Record<Call[0], string[]>

/**
 * Bytes as a C string, with the escapes of strace: octal for what cannot be printed, as short as
 * what follows allows. What is printable in UTF-8 stays readable.
 */
export function quote(text: string): string {
  const body = text.replace(
    /(["\\\x00-\x1f\x7f]|[\udc80-\udcff])(?=([0-7])?)/gu,
    (character, _, digit?: string) => {
      const known = escapes[character]
      if (known !== undefined) return known
      const code = character.charCodeAt(0)
      const octal = (code > 0xff ? code - 0xdc00 : code).toString(8)
      return `\\${digit === undefined ? octal : octal.padStart(3, '0')}`
    },
  )
  return `"${body}"`
}

const escapes: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
  '\v': '\\v',
  '\f': '\\f',
}

/** Calls that strace prints in a form of their own. */
const notations: Partial<Record<Call[0], (args: string[]) => string>> = {
  ioctl_ifflags: ([name, flags]) =>
    `ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, {ifr_name=${name}, ifr_flags=${flags}})`,
  setgroups: ([list = '[]']) => `setgroups(${list === '[]' ? 0 : list.split(',').length}, ${list})`,
  mknod: ([path, type, mode = '0', major, minor]) => {
    const isDevice = type === 'S_IFCHR' || type === 'S_IFBLK'
    const device = isDevice ? `, makedev(${major}, ${minor})` : ''
    return `mknod(${path}, ${type}|${mode}${device})`
  },
  open: ([path, flags = '', mode]) =>
    `open(${path}, ${flags}${flags.includes('O_CREAT') ? `, ${mode}` : ''})`,
  socketpair: ([domain, type]) => `socketpair(${domain}, ${type}|SOCK_CLOEXEC, 0, [4, 5])`,
  ioctl_unlockpt: ([fd]) => `ioctl(${fd}, TIOCSPTLCK, [0])`,
  ioctl_winsize: ([fd, rows, columns]) =>
    `ioctl(${fd}, TIOCSWINSZ, {ws_row=${rows}, ws_col=${columns}})`,
  ioctl_ctty: ([fd]) => `ioctl(${fd}, TIOCSCTTY, 0)`,
  sendmsg_rights: ([socket, fd]) =>
    `sendmsg(${socket}, {msg_control=[{cmsg_type=SCM_RIGHTS, cmsg_data=[${fd}]}]}, 0)`,
  utimensat: ([path, ns]) => `utimensat(AT_FDCWD, ${path}, {mtime=${ns}}, AT_SYMLINK_NOFOLLOW)`,
  seek_data: ([path]) => `lseek(open(${path}, O_RDONLY), 0, SEEK_DATA|SEEK_HOLE)`,
}

function format(value: Call[number] | undefined, kind: string): string {
  if (value === null || value === undefined) return 'NULL'
  if (value instanceof Uint8Array) return `/* ${value.length} bytes */`
  if (Array.isArray(value)) {
    if (kind === 'f') return value.length ? value.join('|') : '0'
    return `[${value.map((item) => format(item, typeof item === 'number' ? 'n' : 's')).join(', ')}]`
  }
  if (typeof value === 'string') return kind === 'f' ? value : quote(value)
  return kind === 'o' && value ? `0${value.toString(8)}` : String(value)
}
