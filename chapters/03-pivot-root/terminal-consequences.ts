/** What happens without each line of the terminal. */
import type { PlanOptions } from '../../runtime/options.ts'
import type { Consequence } from '../../runtime/consequence.ts'

const ran = { inside: 'echo it ran', kept: 'it ran' }
const user = { uid: 1000, gid: 1000 }
const withTerminal = (): Partial<PlanOptions> => ({ terminal: { rows: 24, columns: 80 } })

export function terminal(): Consequence[] {
  const options = withTerminal
  const isTerminal = (fd: number) => ({
    inside: `[ -t ${fd} ] && echo a terminal || echo none`,
    kept: 'a terminal',
    broken: 'none',
  })
  return [
    {
      drop: /^socketpair/,
      options,
      consequence:
        'there is no way for the terminal to its parent, nor is it the descriptor it was',
      see: { ...ran, broken: 'ioctl_unlockpt = EBADF' },
    },
    {
      drop: /^open\("\/dev\/pts\/ptmx"/,
      options,
      consequence: 'there is no terminal',
      see: { ...ran, broken: 'ioctl_unlockpt = EBADF' },
    },
    {
      drop: /^ioctl\(6, TIOCSPTLCK/,
      options,
      consequence: 'its other side cannot be opened',
      see: { ...ran, broken: 'open = EIO' },
    },
    {
      drop: /^ioctl\(6, TIOCSWINSZ/,
      options,
      consequence: 'the terminal has no size, and programs draw for 80 columns or for none',
      see: { inside: 'stty size', kept: '24 80', broken: '0 0|stty: standard input' },
    },
    {
      drop: /^open\("\/dev\/pts\/0"/,
      options,
      consequence: 'the terminal has one side, and nothing can be connected to it',
      see: { ...ran, broken: 'ioctl_ctty = EBADF' },
    },
    {
      drop: /^ioctl\(7, TIOCSCTTY/,
      options,
      consequence: 'no job control, and Ctrl-C reaches nobody',
      see: {
        inside: '(: < /dev/tty) 2> /dev/null && echo controlled || echo not controlled',
        kept: 'controlled',
        broken: 'not controlled',
      },
    },
    {
      drop: /^fchown\(7/,
      options: () => ({ ...options(), user }),
      consequence: 'the user it belongs to may not open it again',
      see: {
        inside: '(: < /dev/pts/0) 2> /dev/null && echo opened || echo refused',
        kept: 'opened',
        broken: 'refused',
      },
    },
    {
      drop: /^mknod\("\/dev\/console"/,
      options,
      consequence: 'there is nothing to mount the console on',
      see: { ...ran, broken: 'mount = ENOENT' },
    },
    {
      drop: /^mount\("\/dev\/pts\/0"/,
      options,
      consequence: 'messages to the console go into an empty file',
      see: {
        inside: '[ -c /dev/console ] && echo seen || echo lost',
        kept: 'seen',
        broken: 'lost',
      },
    },
    {
      drop: /^sendmsg/,
      options,
      consequence: 'nobody copies what is written: the container is silent, and hung up on',
      see: { ...ran, broken: '' },
    },
    { drop: /^dup2\(7, 0\)/, options, consequence: 'no keys arrive', see: isTerminal(0) },
    { drop: /^dup2\(7, 1\)/, options, consequence: "output is no terminal's", see: isTerminal(1) },
    { drop: /^dup2\(7, 2\)/, options, consequence: 'nor are errors', see: isTerminal(2) },
  ]
}
