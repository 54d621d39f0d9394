/** Tests: of a mount that is refused, what to type instead. */
import { expect, test } from 'vitest'
import { chapter } from './chapter.ts'

/** What was typed, and the second line of the message. */
const mistakes: [flag: string, value: string, remedy: string][] = [
  ['volume', '/tmp:/a:RO', 'valid, with commas: ro, rw, nocopy, z, Z, [r]private, [r]slave'],
  ['volume', '/tmp:', 'valid are DIR, SOURCE:DIR and SOURCE:DIR:MODE'],
  ['volume', './x/y:/a', 'for that directory: -v "$PWD/x/y:DIR"'],
  ['volume', '~/x:/a', 'for that directory: -v "$HOME/x:DIR"'],
  ['volume', '/tmp:/a:nocopy', 'nocopy is for volumes; directories of the host are'],
  ['volume', 'v1:/a:rslave', 'propagation is for directories of the host, which begin with /'],
  ['mount', 'type=bnid,target=/a', 'valid types: bind, volume, tmpfs'],
  ['mount', 'type=bind,sorce=/tmp,target=/a', "did you mean 'source'?"],
  ['mount', 'whatever=x', 'most often used: type, source, target,'],
  ['mount', '/tmp:/a', 'such as type=bind,source=/srv,target=/data,readonly'],
  ['mount', 'type=tmpfs,target=/a,tmpfs-size=lots', 'a size such as 64m; without it, half of'],
  ['mount', 'type=tmpfs,target=/a,tmpfs-mode=9', 'an octal number such as 1777'],
  ['mount', 'type=bind,bind-recursive=no', 'valid are enabled, disabled, writable, readonly'],
  ['mount', 'target=/a,volume-nocopy=maybe', 'valid are true and false'],
  ['mount', 'type=bind,source=/tmp', 'target=DIR says where in the container'],
  ['mount', 'type=bind,target=/a', 'source=/DIR says which directory of the host'],
  ['mount', 'type=tmpfs,source=/b,target=/a', 'a tmpfs begins empty; for a directory'],
  ['mount', 'type=bind,source=/b,target=/a,bind-propagation=slaves', 'valid are private, rp'],
  ['tmpfs', '/a:big', 'such as size=64m, mode=1777, uid=0, ro, exec; see tmpfs(5)'],
]

test('of a mount that is refused, a second line says what would be accepted', () => {
  const said = mistakes.map(([flag, value, remedy]) => {
    const typed = { values: new Map([[flag, [value]]]), switches: new Set<string>(), words: [] }
    const [, second, ...more] = messageOf(() => chapter.asked?.(typed, {})).split('\n  ')
    return [flag, value, [second?.slice(0, remedy.length), ...more].join('\n')]
  })
  expect(said).toEqual(mistakes)
})

function messageOf(parse: () => unknown): string {
  try {
    parse()
  } catch (error) {
    return (error as Error).message
  }
  return ''
}
