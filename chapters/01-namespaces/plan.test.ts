/** What the list says; runs anywhere, without root. */
import { describe, expect, test } from 'vitest'
import { fromBytes } from '../../runtime/bytes.ts'
import { planOptions } from '../../runtime/chapter.ts'
import type { Step } from '../../runtime/step.ts'
import { quote, strace } from '../../runtime/strace.ts'
import { plan } from './plan.ts'

const options = planOptions([], {
  argv: ['sh', '-c', 'echo hello'],
  env: ['PATH=/bin', 'TERM=dumb'],
  hostname: 'box',
  network: 'none',
})

const lines = (steps: Step[]) => steps.map(({ call }) => strace(call))

test('a container is twenty-two system calls', () => {
  expect(lines(plan(options))).toEqual([
    'close_range(4, 4294967295, 0)',
    'unshare(CLONE_NEWPID)',
    'fork()',
    'prctl(PR_SET_PDEATHSIG, SIGKILL)',
    'keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL)',
    'capset({pid=0}, {inheritable=0})',
    'write("/proc/self/oom_score_adj", "0")',
    'setrlimit(RLIMIT_NOFILE, {rlim_cur=1024})',
    'sched_setaffinity(0, [0-1023])',
    'sched_setattr(0, {sched_policy=SCHED_OTHER, sched_nice=0}, 0)',
    'ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_NONE, 0))',
    'personality(PER_LINUX)',
    'unshare(CLONE_NEWNS|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWCGROUP|CLONE_NEWNET)',
    'mount(NULL, "/", NULL, MS_REC|MS_PRIVATE, NULL)',
    'sethostname("box")',
    'ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, {ifr_name="lo", ifr_flags=IFF_UP})',
    'mount("proc", "/proc", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC, NULL)',
    'setsid()',
    'setgroups(1, [0])',
    'setgid(0)',
    'umask(022)',
    'execvpe("sh", ["sh", "-c", "echo hello"], ["PATH=/bin", "TERM=dumb"])',
  ])
})

test("with the host's network there is no namespace for it, and lo is left alone", () => {
  const before = lines(plan(options))
  const after = lines(plan({ ...options, network: 'host' }))
  expect(before.filter((line) => !after.includes(line))).toEqual([before[12], before[15]])
  expect(after[12]).toBe('unshare(CLONE_NEWNS|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWCGROUP)')
})

test('a working directory is entered before root is given up, and the command comes last', () => {
  const steps = plan({ ...options, cwd: '/srv', user: { uid: 1000, gid: 100 } })
  expect(lines(steps).slice(17)).toEqual([
    'setsid()',
    'chdir("/srv")',
    'setgroups(1, [100])',
    'setgid(100)',
    'setuid(1000)',
    'prctl(PR_SET_PDEATHSIG, SIGKILL)',
    'umask(022)',
    'execvpe("sh", ["sh", "-c", "echo hello"], ["PATH=/bin", "TERM=dumb"])',
  ])
})

test('the same options give the same list', () => {
  expect(plan(options)).toEqual(plan(structuredClone(options)))
})

test('every line says in a sentence of its own why it is there', () => {
  const whys = plan({ ...options, cwd: '/', user: { uid: 1, gid: 1 } }).map(({ why }) => why)
  expect(whys.filter((why) => why.length < 20 || why.length > 100)).toEqual([])
  expect(new Set(whys).size).toBe(whys.length)
})

describe('notation', () => {
  test('what cannot be printed is written as strace writes it', () => {
    const odd = fromBytes(Buffer.from('"\\\n\t\v\f\r\x01\x7f\x017\x018\xc3(\xffa', 'latin1'))
    expect(quote(odd)).toBe('"\\"\\\\\\n\\t\\v\\f\\r\\1\\177\\0017\\18\\303(\\377a"')
    expect(quote('é漢')).toBe('"é漢"')
  })

  test('a number that is a mode is octal, other numbers are decimal, no flag is 0', () => {
    expect(strace(['umask', 0])).toBe('umask(0)')
    expect(strace(['umask', 0o27])).toBe('umask(027)')
    expect(strace(['setgid', 27])).toBe('setgid(27)')
    expect(strace(['setgroups', [4, 24]])).toBe('setgroups(2, [4, 24])')
    expect(strace(['mount', null, '/', null, [], null])).toBe('mount(NULL, "/", NULL, 0, NULL)')
  })
})
