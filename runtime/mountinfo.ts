/** The parser for mountinfo files, the kernel's list of the mounts of a namespace. */

/**
 * One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)):
 *
 *     36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
 *     id parent device subtree target options propagation - type source superOptions
 */
export interface Mount {
  /** Of this mount, unique while it exists. */
  id: string
  /** The id of the mount that it is mounted on; its own id for the root of the mount tree. */
  parent: string
  /** Of the file system, as `major:minor`. Mounts with the same device show the same files. */
  device: string
  /** The directory of the file system that is mounted; `/` is all of it. */
  subtree: string
  /** Where it is mounted, as the process sees it from its root directory: absolute. */
  target: string
  /** Of this mount alone: `rw,nosuid`. */
  options: string
  /** `shared:1`, `master:1`, `unbindable`, or several of them; empty if the mount is private. */
  propagation: string
  type: string
  source: string
  /** Of the file system, and so of all its mounts: `rw,size=1024k`. Escapes are not decoded. */
  superOptions: string
}

/** The mounts in a mountinfo file, in the file's order. */
export function parseMountinfo(text: string): Mount[] {
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map(parseLine)
}

/** The hyphen after the optional fields; it cannot stand earlier, but a source may be `-` too. */
const firstOptionalField = 6

function parseLine(line: string): Mount {
  const fields = line.split(' ')
  const [id = '', parent = '', device = '', subtree = '', target = '', options = ''] = fields
  const hyphen = fields.indexOf('-', firstOptionalField)
  const optional = hyphen < 0 ? [] : fields.slice(firstOptionalField, hyphen)
  const [type = '', source = '', ...rest] = hyphen < 0 ? [] : fields.slice(hyphen + 1)
  return {
    id,
    parent,
    device,
    subtree: decode(subtree),
    target: decode(target),
    options,
    propagation: optional.filter((field) => field !== '').join(' '),
    type,
    source: decode(source),
    superOptions: rest.join(' '), // some file systems do not escape the spaces in their options
  }
}

/** The kernel writes a space, tab, newline, backslash or `#` in a name as `\` and octal digits. */
function decode(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(parseInt(octal, 8)),
  )
}

/** The mounts that are not hidden: of several on the same directory only the last is seen. */
export function visibleMounts(mounts: Mount[]): Mount[] {
  const last = new Map(mounts.map((mount) => [mount.target, mount]))
  return mounts.filter((mount) => last.get(mount.target) === mount)
}
