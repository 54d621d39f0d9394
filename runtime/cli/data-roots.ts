/** Where images and containers are kept. */
import { UsageError, valueOf, type Typed } from '../command-line.ts'

/**
 * `--root`, else STEPBOX_ROOT, else /var/lib/stepbox for root and the user's data directory for
 * others.
 */
export function dataRoot(globals: Typed): string {
  const given = valueOf(globals, 'root') ?? process.env['STEPBOX_ROOT']
  if (given === '') throw new UsageError('the data root is empty; give a directory to --root')
  if (given !== undefined) return given.startsWith('/') ? given : `${process.cwd()}/${given}`
  return process.getuid?.() === 0 ? rootsOwn : usersOwn()
}

/** The data roots that are used unless another is named: that of root, and that of this user. */
const rootsOwn = '/var/lib/stepbox'
export function usualRoots(): string[] {
  return [rootsOwn, usersOwn()]
}

function usersOwn(): string {
  const home = process.env['HOME'] || '/tmp'
  return `${process.env['XDG_DATA_HOME'] || `${home}/.local/share`}/stepbox`
}
