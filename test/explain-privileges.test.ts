/** Tests. Why privileges are refused: provoked, or on a made-up machine. */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  deniedCause,
  namespaceLimit,
  unmappedCause,
  type Standing,
} from '../runtime/tools/explain/privileges.ts'
import type { Call } from '../runtime/calls.ts'
import { until } from './detached.ts'
import { causeIn, groupIn, treeOf } from './explaining.ts'
import { needs } from './scratch.ts'

/** Root as it should be: everything is permitted. */
const root: Standing = {
  uid: 0,
  capabilities: ['SYS_ADMIN', 'SYS_CHROOT', 'MKNOD', 'SETUID', 'SETGID', 'NET_ADMIN'],
  isMapped: false,
  isFiltered: false,
  profile: '',
  uidMap: '0 0 4294967295',
  gidMap: '0 0 4294967295',
  setgroups: 'allow',
  isDumpable: true,
  sysctls: {},
}
const unshare: Call = ['unshare', ['CLONE_NEWNS']]
const newUser: Call = ['unshare', ['CLONE_NEWUSER']]
const proc: Call = ['mount', 'proc', '/proc', 'proc', [], null]
const map: Call = ['write', '/proc/self/uid_map', '0 1000 1']
const apparmor = { 'kernel.apparmor_restrict_unprivileged_userns': '1' }
const user: Standing = { ...root, uid: 1000, capabilities: [] }
const mapped: Standing = { ...root, uid: 1000, isMapped: true, uidMap: '0 1000 1' }

describe('what is not permitted', () => {
  test('to a user who is not root', async (context) => {
    needs(context, 'root')
    const cause = 'this needs root with CAP_SYS_ADMIN; uid 1000 does not have it'
    const told = await causeIn(['setuid', 1000], unshare)
    expect(told).toEqual({ failed: 'unshare = EPERM', cause })
    const device: Call = ['mknod', '/tmp/stepbox-device', 'S_IFCHR', 0o600, 1, 3]
    expect((await causeIn(['setuid', 1000], device)).cause).toContain('CAP_MKNOD; uid 1000')
  })

  test('in a user namespace: a map too early, an id that is not mapped', async (context) => {
    needs(context, 'root', 'user-namespace')
    expect(await causeIn(newUser, ['write', '/proc/self/gid_map', '0 0 1'])).toEqual({
      failed: 'write = EPERM',
      cause: "an ordinary user must first write 'deny' to /proc/self/setgroups",
    })
    expect(await causeIn(['setuid', 1000], newUser, map)).toEqual({
      failed: 'write = EACCES',
      cause: 'after setuid a process does not own /proc/self',
    })
    const own: Call[] = [newUser, ['setuid', 1234]]
    expect(await causeIn(...own)).toEqual({
      failed: 'setuid = EINVAL',
      cause: 'uid 1234 does not exist in this user namespace: its uid_map lacks it',
    })
  })

  test('to a root without the capability, which is named; in Docker, that too', () => {
    const less = { ...root, capabilities: ['MKNOD'] }
    expect(deniedCause(unshare, 'EPERM', less)).toBe('this root lacks CAP_SYS_ADMIN')
    const docker = { ...less, profile: 'docker-default (enforce)' }
    expect(deniedCause(unshare, 'EPERM', docker)).toBe(
      'this root lacks CAP_SYS_ADMIN, as in Docker without --privileged',
    )
  })

  test('by a seccomp filter, and by AppArmor, when the capability is there', () => {
    const filtered = { ...root, isFiltered: true }
    expect(deniedCause(unshare, 'EPERM', filtered)).toContain('a seccomp filter denies the call')
    const held = { ...filtered, profile: 'docker-default (enforce)' }
    expect(deniedCause(proc, 'EACCES', held)).toContain("AppArmor's profile docker-default")
    const lenient = { ...root, profile: 'firefox (complain)' }
    expect(deniedCause(proc, 'EACCES', lenient)).toBeUndefined()
  })

  test('to the root of a user namespace', () => {
    expect(deniedCause(proc, 'EPERM', mapped)).toMatch(/^in a user namespace proc can be mounted/)
    expect(deniedCause(unshare, 'EPERM', mapped)).toContain('root of a user namespace only')
    const denied = { ...mapped, setgroups: 'deny' }
    expect(deniedCause(['setgroups', []], 'EPERM', denied)).toContain('setgroups is denied')
  })

  test('by AppArmor, which restricts user namespaces, where its switch is on', () => {
    const on = { ...user, sysctls: apparmor }
    const words = 'kernel.apparmor_restrict_unprivileged_userns is 1'
    expect(deniedCause(map, 'EPERM', on)).toBe(`AppArmor restricts user namespaces: ${words}`)
    expect(deniedCause(map, 'EPERM', user)).toBeUndefined()
    expect(deniedCause(map, 'EPERM', { ...on, uid: 0 })).toBeUndefined()
    const inside = { ...mapped, capabilities: [], sysctls: apparmor }
    expect(deniedCause(unshare, 'EPERM', inside)).toContain(words)
    const gid: Call = ['write', '/proc/self/gid_map', '0 1000 1']
    expect(deniedCause(gid, 'EPERM', mapped)).toContain("first write 'deny'")
    expect(deniedCause(gid, 'EPERM', { ...mapped, setgroups: 'deny' })).toBeUndefined()
    expect(deniedCause(gid, 'EACCES', mapped)).toBeUndefined()
  })

  test('by a sysctl of the distribution', () => {
    const off = { ...user, sysctls: { 'kernel.unprivileged_userns_clone': '0' } }
    expect(deniedCause(newUser, 'EPERM', off)).toContain('kernel.unprivileged_userns_clone is 0')
    expect(deniedCause(newUser, 'EPERM', user)).toBeUndefined()
    const none = { ...root, sysctls: { 'user.max_net_namespaces': '0' } }
    expect(namespaceLimit(['CLONE_NEWNET'], none)).toContain('user.max_net_namespaces is 0')
    expect(namespaceLimit(['CLONE_NEWPID'], none)).toBeUndefined()
  })

  test('nothing is told of a root that lacks nothing', () => {
    for (const call of [unshare, proc, map, newUser])
      expect(deniedCause(call, 'EPERM', root)).toBeUndefined()
    expect(unmappedCause(['setuid', 7], root)).toBeUndefined()
    expect(unmappedCause(['setuid', 0], mapped)).toBeUndefined()
    expect(unmappedCause(['setuid', 7], mapped)).toContain('uid 7 does not exist')
  })
})

describe('EAGAIN of fork', () => {
  test('the group has as many processes as it may have', async (context) => {
    needs(context, 'root', 'cgroup-pids')
    const tree = treeOf('pids') ?? treeOf() ?? ''
    const dir = groupIn(tree)
    const limit = (value: string): Call => ['write', `${dir}/pids.max`, value]
    const join: Call = ['write', `${dir}/cgroup.procs`, '0']
    const below = `${dir}/below`
    mkdirSync(below)
    writeFileSync(`${dir}/pids.max`, '1')
    const told = `the group ${dir} has as many processes as it may have, 1`
    const joinBelow: Call = ['write', `${below}/cgroup.procs`, '0']
    expect(await causeIn(joinBelow, ['fork'])).toEqual({ failed: 'fork = EAGAIN', cause: told })
    await until(() => readFileSync(`${below}/cgroup.procs`, 'utf8') === '')
    rmdirSync(below)
    await until(() => readFileSync(`${dir}/cgroup.procs`, 'utf8') === '')
    const own = 'the container has as many processes as it may have, 1: see --pids-limit'
    expect((await causeIn(limit('1'), join, ['fork'])).cause).toBe(own)
    await until(() => readFileSync(`${dir}/cgroup.procs`, 'utf8') === '') // else it stays
  })

  test('the user has', async (context) => {
    needs(context, 'root')
    const uid = 54321 // nobody's, so that it has this one process
    const limit: Call = ['setrlimit', 'RLIMIT_NPROC', 1, 1]
    const { failed, cause } = await causeIn(limit, ['setgid', uid], ['setuid', uid], ['fork'])
    expect(failed).toBe('fork = EAGAIN')
    expect(cause).toBe(`uid ${uid} has 1 processes and may have 1; to raise that: ulimit -u 2`)
  })
})
