/** How `stepbox` is typed here: on the PATH, by npx, or as a file. */
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { checkout } from '../../checkout.ts'

/** The shortest way that runs this program in `dir`. */
export function typedIn(dir: string): string {
  const program = join(checkout, 'dist/stepbox.cjs')
  const isOurs = (path: string) => existsSync(path) && realpathSync(path) === realpathSync(program)
  // npx itself adds the last kind, for its own time.
  const onPath = (process.env['PATH'] ?? '')
    .split(':')
    .filter((each) => each !== '' && !each.endsWith('node_modules/.bin'))
  if (onPath.some((each) => isOurs(join(each, 'stepbox')))) return 'stepbox'
  const above = withParents(dir)
  // npx looks for node_modules/.bin upwards, and in the package itself.
  const npx = above.some((each) => isOurs(join(each, 'node_modules/.bin/stepbox')))
  if (npx || above.includes(realpathSync(checkout))) return 'npx stepbox'
  return `node ${quoted(program)}`
}

function withParents(dir: string): string[] {
  const above = dirname(dir)
  return above === dir ? [dir] : [dir, ...withParents(above)]
}

function quoted(path: string): string {
  return /^[\w./:=@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
