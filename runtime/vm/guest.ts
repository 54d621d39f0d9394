/** Virtual machine. What the guest's shell is told to do. Pure: text from options. */
import { toBytes } from '../bytes.ts'
import type { Size } from '../03-pivot-root/terminal.ts'

export interface GuestOptions {
  /** Nothing: a shell. */
  argv: string[]
  env?: Record<string, string>
  cwd?: string
  terminal?: Size | undefined
  mounts?: { tag: string; target: string; readOnly: boolean }[]
  /** A disk to swap to: `/dev/vdb`. */
  swap?: string | undefined
  /** Nobody may make a user namespace. */
  hasNoUserNamespaces?: boolean
}

/** The script, as /bin/sh takes it. Every byte of an argument arrives. */
export function guestScript(options: GuestOptions): string {
  const { argv, env = {}, cwd, terminal, mounts = [], swap, hasNoUserNamespaces } = options
  const shell = terminal ? ['sh', '-l'] : ['sh']
  const command = argv.length > 0 ? argv : shell
  const lines = [
    ...mounts.map(({ tag, target, readOnly }) => {
      const options = readOnly ? '-o ro ' : ''
      return `mkdir -p ${quoted(target)} && mount -t virtiofs ${options}${tag} ${quoted(target)}`
    }),
    ...(swap ? [`mkswap ${swap} >/dev/null && swapon ${swap}`] : []),
    ...(hasNoUserNamespaces ? ['sysctl -qw user.max_user_namespaces=0'] : []),
    ...(terminal ? [`stty rows ${terminal.rows} cols ${terminal.columns}`] : []),
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`),
    `cd ${quoted(cwd ?? '/root')} && exec ${command.map(quoted).join(' ')}`,
  ]
  return lines.join('\n')
}

/** One word for a shell, whatever is in it. */
function quoted(word: string): string {
  return /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** The script as the guest reads it: a line that is not in it, the script, and that line again. */
export function scriptBytes(script: string): Buffer {
  const lines = new Set(script.split('\n'))
  let end = '# end'
  while (lines.has(end)) end += '.'
  return toBytes(`${end}\n${script}\n${end}\n`)
}
