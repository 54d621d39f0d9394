/** What it promises of a container, kept from here on and broken before. */
import { randomInt } from 'node:crypto'
import { namesIn, tryRead } from '../../runtime/files.ts'
import { launch } from '../../runtime/native.ts'
import type { Candidate, Promised } from '../../test/promised.ts'

const waits = 'echo ready; read line'

export const promises: Promised[] = [
  {
    promise: 'its first process is number 1',
    see: { inside: 'echo $$' },
    kept: '1',
    broken: '\\d{2,}',
  },
  {
    promise: 'it sees its own processes and no others',
    see: { inside: 'set -- /proc/[0-9]*; echo $#' },
    kept: '1',
    broken: '\\d{2,}',
  },
  {
    promise: 'it has a name of its own: what it does to it, the host does not notice',
    needs: ['nsenter'],
    see: {
      inside: `echo renamed > /proc/sys/kernel/hostname; ${waits}`,
      outside: 'nsenter -t $machine -u uname -n',
    },
    kept: 'machine',
    broken: 'renamed',
  },
  {
    promise: 'what it mounts is not mounted on the host',
    see: {
      inside: `mount -t tmpfs promised /tmp; ${waits}`,
      outside: 'grep -c " tmpfs promised " /proc/$machine/mountinfo',
    },
    kept: '0',
    broken: '1',
  },
  {
    promise: 'its network is a loopback that works, and nothing of the host',
    see: {
      inside: `grep -q 127.0.0.1 /proc/net/fib_trie && echo up || echo down; ${waits}`,
      outside: '[ /proc/$machine/ns/net -ef /proc/$first/ns/net ] && echo shared || echo own; echo',
    },
    kept: 'own\n\nup\nready',
    broken: 'shared\n\ndown\nready',
  },
  {
    promise: 'it ends when what started it is killed',
    see: {
      inside: `${waits}; echo still here`,
      outside: 'kill -KILL $machine; while kill -0 $machine 2> /dev/null; do :; done',
    },
    kept: '',
    broken: 'still here',
  },
  {
    promise: 'nothing that it started outlives it',
    see: whatIsLeft,
    kept: 'nothing',
    broken: 'a process',
  },
  {
    promise: 'a file that the caller had open is not open inside',
    before: [['open', '/etc/passwd', ['O_RDONLY'], 0]],
    see: { inside: '(read line <&4) 2> /dev/null && echo open || echo closed' },
    kept: 'closed',
    broken: 'open',
  },
  {
    promise: "the keys of the caller's terminal are not for it: it has its own session",
    see: { inside: 'read id x x x x session x < /proc/self/stat; [ $id = $session ] && echo own' },
    kept: 'own',
    broken: '',
  },
]

/** Whether a process that it left in the background is there after it. */
async function whatIsLeft({ plan, world }: Candidate): Promise<string> {
  const seconds = randomInt(1e6, 1e9)
  const begun = `until tr "\\0" " " < /proc/$!/cmdline | grep -q "^sleep ${seconds}"; do :; done`
  const options = world(`setsid sleep ${seconds} & ${begun}`)
  await launch(plan(options), { stdio: ['ignore', 'ignore', 'ignore'] }).outcome
  const isOurs = (pid: string) => tryRead(`/proc/${pid}/cmdline`) === `sleep\0${seconds}\0`
  const left = namesIn('/proc').filter(isOurs)
  for (const pid of left) process.kill(Number(pid), 'SIGKILL')
  return left.length > 0 ? 'a process' : 'nothing'
}
