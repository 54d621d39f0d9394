/** What to type instead of a mount that was refused: a second line below Docker's words. */
import { UsageError } from '../command-line.ts'
import { nearest } from '../nearest.ts'
import { propagations } from './mounts.ts'
import { mountKeys } from './mount-flag.ts'

/** What `parse` gives. What it throws says in a second line what would be accepted. */
export function withCorrection<T>(parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    const { message } = cause as Error
    const remedy = remedyFor(message)
    if (remedy === undefined) throw cause
    const Kind = cause instanceof UsageError ? UsageError : Error
    throw new Kind(`${message}\n  ${remedy}`, { cause })
  }
}

type Remedy = string | ((part: string) => string)

const used = 'type, source, target, readonly, bind-propagation, volume-nocopy'

/** By the words of the mistake, whose first group is what was mistyped. */
const remedies: [mistake: RegExp, remedy: Remedy][] = [
  [/^invalid mode: /, 'valid, with commas: ro, rw, nocopy, z, Z, [r]private, [r]slave, [r]shared'],
  [/^invalid volume specification: '[^']*'$/, 'valid are DIR, SOURCE:DIR and SOURCE:DIR:MODE'],
  [/^create \.\/(.*?): ".*includes invalid/, (path) => `for that directory: -v "$PWD/${path}:DIR"`],
  [/^create ~\/(.*?): ".*includes invalid/, (path) => `for that directory: -v "$HOME/${path}:DIR"`],
  [/field VolumeOptions must not/, 'nocopy is for volumes; directories of the host are not filled'],
  [/field BindOptions must not/, 'propagation is for directories of the host, which begin with /'],
  [/mount type unknown$/, 'valid types: bind, volume, tmpfs'],
  [/unexpected key '([^']*)'/, keyMeant],
  [/must be a key=value pair$/, 'such as type=bind,source=/srv,target=/data,readonly'],
  [/invalid value for tmpfs-size: /, 'a size such as 64m; without it, half of the memory'],
  [/invalid value for tmpfs-mode: /, 'an octal number such as 1777'],
  [/invalid value for bind-recursive: /, 'valid are enabled, disabled, writable, readonly'],
  [/invalid value for [-a-z]+: /, 'valid are true and false'],
  [/target is required$/, 'target=DIR says where in the container'],
  [/field Source must not be empty$/, 'source=/DIR says which directory of the host'],
  [/field Source must not be spec/, 'a tmpfs begins empty; for a directory of the host, type=bind'],
  [/invalid propagation mode: /, `valid are ${propagations.join(', ')}`],
  [/^invalid tmpfs option /, 'such as size=64m, mode=1777, uid=0, ro, exec; see tmpfs(5)'],
]

function remedyFor(message: string): string | undefined {
  for (const [mistake, remedy] of remedies) {
    const found = mistake.exec(message)
    if (found) return typeof remedy === 'string' ? remedy : remedy(found[1] ?? '')
  }
  return undefined
}

function keyMeant(key: string): string {
  const near = nearest(key, mountKeys)
  if (near !== undefined) return `did you mean '${near}'?`
  return `most often used: ${used}`
}
