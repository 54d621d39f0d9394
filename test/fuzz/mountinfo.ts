/** Tests. Fuzzed: the parser of mountinfo. It never refuses: names come from containers. */
import { parseMountinfo, visibleMounts } from '../../runtime/mountinfo.ts'
import { fromBytes } from '../../runtime/bytes.ts'
import { rule, same, type Target } from './target.ts'

const lines = [
  '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue',
  '22 1 0:20 / / rw,relatime - overlay overlay rw,lowerdir=a:b,upperdir=c d',
  '40 22 0:30 / /a\\040b\\011\\134 rw shared:1 master:2 unbindable - tmpfs - rw',
]

export const mountinfo: Target = {
  name: 'mountinfo',
  seeds: () => [...lines, lines.join('\n')].map((text) => Buffer.from(`${text}\n`)),
  words: [' - ', '\\040', '\\134', '\\777', '\n', ' ', 'shared:', ' / ', '-'],
  check: (bytes) => {
    const text = fromBytes(bytes)
    const mounts = parseMountinfo(text)
    same(mounts.length, text.split('\n').filter((line) => line !== '').length, 'not a mount a line')
    for (const mount of mounts)
      for (const [field, value] of Object.entries(mount))
        rule(typeof value === 'string', `${field} is ${JSON.stringify(value)}`)
    const seen = visibleMounts(mounts)
    const targets = mounts.map(({ target }) => target)
    same(seen.map(({ target }) => target).sort(), [...new Set(targets)].sort(), 'not each target')
    return `${mounts.map(({ propagation, type }) => `${propagation}${type}`.length)}`
  },
}
