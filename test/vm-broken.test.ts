/** Tests. What no ordinary machine lets itself be tried on: broken and exhausted ones. */
import { beforeEach, expect, test } from 'vitest'
import { needs, scratch } from './scratch.ts'
import { stepbox } from './stepbox.ts'

/** An emulated machine on a busy one takes its time. */
const patienceMs = 240_000

beforeEach((context) => needs(context, 'native', 'qemu-system-x86_64'))

test(
  'a shared /, swap and no user namespaces: containers keep to themselves and to their limits',
  async () => {
    const block = 'dd if=/dev/zero of=/dev/null bs=100M count=1 2>/dev/null; echo ended with $?'
    const said = await inMachine(
      ['--swap', '256m', '--without', 'user-namespaces'],
      `say propagation; grep -o ' / / .* shared:[0-9]*' /proc/self/mountinfo | grep -o shared
    sort /proc/self/mountinfo > /tmp/before
    stepbox --chapter namespaces run true && stepbox run --rm busybox true
    sort /proc/self/mountinfo | cmp - /tmp/before && say mounts as they were
    flags='--memory 64m --memory-swap 64m'
    say limit; stepbox run --rm $flags busybox sh -c '${block}'
    line=$(stepbox plan $flags busybox true | sed -n 's/^ *\\([0-9]*\\) .*swap\\.max.*/\\1/p')
    say without line; stepbox run --rm $flags --without $line busybox sh -c '${block}'
    say groups; ls /sys/fs/cgroup | grep stepbox
    say doctor; stepbox doctor | grep -A 2 -E 'user-namespace|chapters work'`,
    )
    expect(said('propagation')).toEqual(['shared'])
    expect(said('mounts as they were')).toEqual([])
    expect(said('limit')).toContain('ended with 137')
    expect(said('without line')).toContain('ended with 0')
    expect(said('groups')).toEqual([])
    expect(said('doctor').join('\n')).toMatch(/✗ user-namespace +unshare\(CLONE_NEWUSER\) = ENOSPC/)
    expect(said('doctor').join('\n')).toContain('user.max_user_namespaces')
    expect(said('doctor').join('\n')).toContain('All chapters work in full')
  },
  patienceMs,
)

test(
  'a kernel without overlay says so in every place where it matters',
  async () => {
    const said = await inMachine(
      ['--without', 'overlay'],
      `say run; stepbox run --rm busybox true; echo code $?
    cd /tmp && mkdir rootfs && cd rootfs && mkdir bin dev etc proc sys && cp /bin/busybox bin/sh
    say without layers; stepbox --chapter pivot-root run --rm /tmp/rootfs sh -c 'echo in it'
    say doctor; stepbox doctor | grep -A 3 -E '✗ overlay|4 overlay'
    say left; stepbox ps -a -q; ls /sys/fs/cgroup | grep stepbox`,
    )
    expect(said('run').at(-1)).toBe('code 125')
    expect(said('run')).toContain(
      '  this kernel has no overlay, or its module is not loaded: modprobe overlay',
    )
    expect(said('without layers')).toEqual(['in it'])
    expect(said('doctor').join('\n')).toMatch(/✗ overlay +mount\("overlay".* = ENODEV/)
    expect(said('doctor').join('\n')).toMatch(/○ 4 overlay +none +lacks overlay/)
    expect(said('left')).toEqual([])
  },
  patienceMs,
)

test(
  'a full disk refuses what is new, says why, and keeps all that was there',
  async () => {
    const said = await inMachine(
      ['--disk', '32m'],
      `stepbox run --name small busybox sh -c 'echo kept > /kept'
    stepbox commit small kept >/dev/null
    say fill; stepbox run --name large busybox sh -c '
      for size in 64k 4k 1; do dd if=/dev/zero of=/large.$size bs=$size; done'
    say commit; stepbox commit large no; echo code $?
    say run; stepbox run --rm busybox true; echo code $?
    say images; stepbox images | cut -d' ' -f1
    say freed; stepbox rm large && stepbox run --rm kept cat /kept
    say left; ls /var/lib/stepbox/tmp /var/lib/stepbox/running; ls /sys/fs/cgroup | grep stepbox`,
    )
    const full = 'stepbox: the disk that holds /var/lib/stepbox is full; nothing was changed'
    expect(said('fill').join()).toContain('No space left on device')
    expect(said('commit')).toEqual([full, 'code 1'])
    expect(said('run')).toEqual([full, 'code 125'])
    expect(said('images')).toEqual(['REPOSITORY', 'kept', 'busybox'])
    expect(said('freed')).toEqual(['large', 'kept'])
    expect(said('left').filter((line) => !line.endsWith(':') && line !== '')).toEqual([])
  },
  patienceMs,
)

test(
  'when the whole machine is out of memory the container dies, and nobody else',
  async () => {
    const said = await inMachine(
      ['--memory', '512m'],
      `say hog; stepbox run --name hog busybox tail /dev/zero; echo code $?
    say kernel; dmesg | grep -o 'Out of memory: Killed process.*(tail)' | grep -o '(tail)'
    say after; stepbox run --rm busybox echo alive
    say ps; stepbox ps -a | grep -o '(137, out of memory)'
    say groups; ls /sys/fs/cgroup | grep stepbox`,
    )
    expect(said('hog')).toEqual([
      expect.stringMatching(/^stepbox: the whole machine ran out of memory, and the kernel chose/),
      '  with --memory the container itself has a limit',
      'code 137',
    ])
    expect(said('kernel')).toEqual(['(tail)'])
    expect(said('after')).toEqual(['alive'])
    expect(said('ps')).toEqual(['(137, out of memory)'])
    expect(said('groups')).toEqual([])
  },
  patienceMs,
)

/** Run a script in a machine; gives what it printed, on both outputs, after each `say NAME`. */
async function inMachine(flags: string[], script: string) {
  const whole = `say() { printf '## %s\\n' "$*"; }; exec 2>&1\n${script}\n:`
  const { out, err, code } = await stepbox(['vm', ...flags, '--', 'sh', '-c', whole], {
    root: scratch(),
    input: '',
  })
  expect([code, err]).toEqual([0, ''])
  const parts = out.split(/^## /m).map((part) => part.trimEnd().split('\n'))
  return (name: string): string[] => {
    const part = parts.find(([head]) => head === name)
    if (!part) throw new Error(`nothing was said of '${name}':\n${out}`)
    return part.slice(1)
  }
}
