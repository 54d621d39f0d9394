/** The shell script that the guest runs, a pure function of the options. */
import type { Size } from '../03-pivot-root/terminal.ts'
import { toBytes } from '../bytes.ts'

export interface GuestOptions {
  /** If empty, a shell. */
  argv: string[]
  env?: Record<string, string>
  cwd?: string
  terminal?: Size | undefined
  mounts?: { tag: string; target: string; readOnly: boolean }[]
  /** The device to swap to: `/dev/vdb`. */
  swap?: string | undefined
  /** Set user.max_user_namespaces to 0. */
  hasNoUserNamespaces?: boolean
}

/** The script for /bin/sh. It keeps every byte of an argument. */
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

/** `word` quoted for a shell if it needs to be. */
function quoted(word: string): string {
  return /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** The script as the guest reads it: an end line, the script, and the end line again. */
export function scriptBytes(script: string): Buffer {
  const lines = new Set(script.split('\n'))
  let end = '# end'
  while (lines.has(end)) end += '.'
  return toBytes(`${end}\n${script}\n${end}\n`)
}
