/** What happens without each line of the standard streams. */
import type { Consequence } from '../../runtime/consequence.ts'
import type { PlanOptions } from '../../runtime/options.ts'

const ran = { inside: 'echo it ran', kept: 'it ran' }
const withInput = (): Partial<PlanOptions> => ({ streams: { hasInput: true, isJoined: false } })
const withoutInput = (): Partial<PlanOptions> => ({ streams: { hasInput: false, isJoined: false } })
const asUser = () => ({ ...withInput(), user: { uid: 1000, gid: 1000 } })

export function streams(): Consequence[] {
  return [
    {
      drop: /^pipe2\(\[[46], [57]\]/,
      options: withInput,
      consequence: 'the next pipe gets its numbers, and the plan counts on others',
      see: { ...ran, broken: 'pipe2 = EBADF' },
    },
    {
      drop: /^pipe2\(\[8, 9\]/,
      options: withInput,
      consequence: 'there is no pipe that could become the standard input',
      see: { ...ran, broken: 'dup2 = EBADF' },
    },
    owned(4, 'stdout', '>&1'),
    owned(6, 'stderr', '>&2'),
    owned(8, 'stdin', '<&0'),
    {
      drop: /^open\("\/dev\/null"/,
      options: withoutInput,
      consequence: 'there is nothing that could become the standard input',
      see: { ...ran, broken: 'dup2 = EBADF' },
    },
    {
      drop: /^dup2\(8, 0\)/,
      options: withInput,
      consequence: "standard input is the caller's file, to open again and to change",
      see: isPipe('stdin'),
    },
    {
      drop: /^dup2\(5, 1\)/,
      options: withInput,
      consequence: "standard output is the caller's file, which a container could empty",
      see: isPipe('stdout'),
    },
    {
      drop: /^dup2\([57], 2\)/,
      options: withInput,
      consequence: "standard error is the caller's file",
      see: isPipe('stderr'),
    },
  ]
}

function owned(fd: number, name: string, copied: string): Consequence {
  const how = copied.startsWith('<') ? '<' : '>'
  return {
    drop: new RegExp(`^fchown\\(${fd}, 1000, 1000\\)`),
    options: asUser,
    consequence: `the user it belongs to may not open /dev/${name} again`,
    see: {
      inside: `exec 3${copied}; (: ${how} /dev/fd/3) 2> /dev/null && echo opened || echo refused`,
      kept: 'opened',
      broken: 'refused',
    },
  }
}

function isPipe(name: string): Consequence['see'] {
  const inside = `[ -p /dev/${name} ] && echo a pipe || echo "the caller's"`
  return { inside, kept: 'a pipe', broken: "the caller's|" }
}
