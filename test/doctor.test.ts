/** Tests. What doctor says of machines that are made up: verdicts, reasons, remedies. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Chapter } from '../runtime/chapter.ts'
import type { Capability } from '../runtime/chapter-tools.ts'
import { render } from '../runtime/cli/doctor.ts'
import { topics, verdictOn, type CapabilityName } from '../runtime/tools/doctor/capabilities.ts'
import { demandsOf, diagnose } from '../runtime/tools/doctor/diagnosis.ts'
import { surroundingsOf, type Hints, type Machine } from '../runtime/tools/doctor/machine.ts'
import { lackingIn, privilegesIn } from '../runtime/tools/doctor/privileges.ts'
import { probe } from '../runtime/tools/doctor/probe.ts'
import { toolStep } from '../runtime/step.ts'
import * as made from './doctor-machines.ts'
import { failed, machine } from './doctor-machines.ts'
import { rowsTo } from './rows.ts'
import { needs, scratch } from './scratch.ts'

/** Those that the made-up machines have tried the lists of. */
const rows = (await rowsTo()).filter(({ number }) => `list-${number}` in made.ordinary.tries)
const chapters = await demandsOf(rows)
const states = (of: Machine) => diagnose(of, chapters).chapters.map(({ state }) => state).join(' ')

describe('a machine that is made up', () => {
  const machines: [title: string, of: Machine, chapters: string][] = [
    ['an ordinary Debian, root', made.ordinary, 'full full full full full'],
    ['an ordinary Docker container', made.docker, 'none none none none none'],
    ['a privileged Docker container', made.privilegedDocker, 'full full full none none'],
    ['Ubuntu 24.04, an ordinary user', made.ubuntuUser, 'none none none none none'],
    ['version 2 with processes in the group', made.occupied, 'full part full full full'],
    ['a Raspberry Pi', made.raspberry, 'full part full full full'],
    ['WSL 1', made.wsl1, 'none none none none none'],
    ['a Mac', made.mac, 'none none none none none'],
    ['Windows', made.windows, 'none none none none none'],
    ['without busybox', machine({ images: [] }), 'full full none none none'],
    ['a shared /', machine({ propagation: 'shared:1' }), 'full full full full full'],
    ['no network namespace', machine({ tries: { 'network-namespace': { ok: false } } }),
      'part full full full full'],
    ['no terminal', machine({ tries: { terminal: { ok: false } } }), 'full full part full full'],
    ['no groups', machine({ cgroups: { hierarchies: [] } }), 'full none full full part'],
    ['a list that stops', machine({ tries: { 'list-3': failed('mount("x")', 'EPERM') } }),
      'full full none full full'],
    ['an old kernel with the calls', machine({ kernel: '4.18.0' }), 'full full full full full'],
    ['Node 18', machine({ node: '18.20.0' }), 'none none none none none'],
    ['a /proc that is covered', machine({ proc: 'none' }), 'none none none none none'],
    ['a native program that is not built', { ...made.ordinary, tries: {} },
      'none none none none none'],
  ]
  test.for(machines)('%s', ([, of, expected]) => {
    expect(states(of)).toBe(expected)
    expect(diagnose(of, chapters).ok).toBe(!/part|none/.test(expected))
  })

  test.for(Object.entries(made.madeUp))('%s fits in 80 columns', ([, of]) => {
    const lines = render(diagnose(of, chapters)).split('\n')
    expect(lines.filter((line) => plain(line).length > 80)).toEqual([])
  })

  test.for(Object.entries(made.madeUp))('what %s lacks has a reason', ([, of]) => {
    const silent = diagnose(of, chapters).capabilities.filter(
      ({ state, why }) => state !== 'yes' && !why,
    )
    expect(silent).toEqual([])
  })

  test('a reason is shown once', () => {
    const said = plain(render(diagnose(made.ubuntuUser, chapters)))
    expect(said.match(/this needs root/g)).toHaveLength(1)
    expect(said).toContain('1 namespaces     none  lacks root\n')
  })
})

describe('each "no" says why, and what to type', () => {
  const denied = failed('unshare(CLONE_NEWNET)', 'EPERM')
  const mount = 'mount("overlay", "merged", "overlay", 0, "…")'
  const unmapped = failed('unshare(CLONE_NEWNS)', 'EPERM')
  const rows: [CapabilityName, Machine, why: RegExp, remedy: RegExp | undefined][] = [
    ['linux', made.mac, /macOS/, /lima/],
    ['linux', made.windows, /Windows/, /wsl --install/],
    ['linux', made.wsl1, /WSL 1/, /--set-version/],
    ['overlay', made.mac, /macOS/, /lima/],
    ['root', made.ubuntuUser, /needs root/, /^sudo/],
    ['root', made.docker, /CAP_NET_ADMIN, CAP_SYS_ADMIN$/, /^docker run --privileged/],
    ['native', { ...made.ordinary, tries: {} }, /not built/, /npm run setup/],
    ['overlay', { ...made.ordinary, tries: {} }, /not built/, /npm run setup/],
    ['pid-namespace', made.docker, /CAP_SYS_ADMIN/, /^docker run --privileged/],
    ['network-namespace', machine({ filtered: true, surroundings: ['docker'],
      tries: { 'network-namespace': denied } }), /seccomp/, /seccomp=unconfined/],
    ['network-namespace', machine({ mapped: true, tries: { 'network-namespace': denied } }),
      /root of a user namespace/, undefined],
    ['network-namespace', machine({ tries: { 'network-namespace': denied } }),
      /security module/, /dmesg/],
    ['network-namespace', machine({
      tries: { 'network-namespace': failed('unshare(CLONE_NEWNET)', 'EINVAL') } }),
      /CONFIG_NET_NS/, undefined],
    ['network-namespace', machine({ sysctls: { 'user.max_net_namespaces': '0' },
      tries: { 'network-namespace': failed('unshare(CLONE_NEWNET)', 'ENOSPC') } }),
      /max_net_namespaces is 0/, /^sysctl -w user.max_net_namespaces=\d+$/],
    ['user-namespace', made.ubuntuUser, /apparmor_restrict_unprivileged_userns is 1/,
      /^sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0$/],
    ['user-namespace', machine({ sysctls: { 'kernel.apparmor_restrict_unprivileged_userns': '1' },
      tries: { 'user-namespace': unmapped } }), /apparmor/, /^sysctl -w/],
    ['user-namespace', machine({ sysctls: { 'kernel.unprivileged_userns_clone': '0' },
      tries: { 'user-namespace': failed('unshare(CLONE_NEWUSER)', 'EPERM') } }),
      /unprivileged_userns_clone is 0/, /unprivileged_userns_clone=1$/],
    ['user-namespace', machine({ sysctls: { 'user.max_user_namespaces': '0' },
      tries: { 'user-namespace': failed('unshare(CLONE_NEWUSER)', 'ENOSPC') } }),
      /max_user_namespaces is 0/, /sysctl -w user.max_user_namespaces=/],
    ['user-namespace', machine({ sysctls: { 'kernel.apparmor_restrict_unprivileged_userns': '0' },
      tries: { 'user-namespace': unmapped } }), /chroot/, undefined],
    ['cgroups', machine({ cgroups: { hierarchies: [] } }), /no control groups/, /^mount -t/],
    ['cgroups', made.docker, /read-only/, /^docker run --privileged/],
    ['cgroups', made.ubuntuUser, /needs root/, /^sudo/],
    ['cgroup-memory', made.occupied, /the group itself has processes/, /xargs -n1 <cgroup.procs/],
    ['cgroup-memory', made.raspberry, /command line/, /cgroup_enable=memory/],
    ['cgroup-cpu', machine({ ...made.ubuntuUser, tries: { ...made.ubuntuUser.tries,
      'cgroup-cpu': { ok: false, said: 'no cpu controller' } } }), /delegation/, /Delegate=yes/],
    ['image', machine({ images: [] }), /no busybox:latest/, /^npm run setup$/],
    ['overlay', made.privilegedDocker, /is on an overlay/, /-v stepbox:\/var\/lib\/stepbox/],
    ['overlay', machine({ tries: { overlay: failed(mount, 'ENODEV') } }),
      /no overlay/, /^modprobe overlay$/],
    ['overlay', machine({ elsewhere: ['/data'], tries: { overlay: failed(mount, 'EINVAL') } }),
      /ext4/, /STEPBOX_ROOT=\/data\/stepbox/],
    ['overlay', machine({ tries: { overlay: failed('unlink("merged/gone")', 'EIO') } }),
      /markers of deleted files/, /tmpfs/],
    ['data-root', machine({ uid: 1000, tries: { 'data-root': { ok: false, errno: 'EACCES' } } }),
      /uid 1000 has no permission/, /STEPBOX_ROOT=/],
    ['data-root', machine({ dataRoot: { ...made.ordinary.dataRoot, freeBytes: 1e6 } }),
      /little room/, /STEPBOX_ROOT=/],
    ['data-root', machine({ dataRoot: { ...made.ordinary.dataRoot, mounted: ['volumes'] } }),
      /nothing can be renamed/, /^umount .*\/volumes$/],
    ['mount-proc', machine({ tries: { 'mount-proc': failed('mount("proc", "/proc")', 'EPERM') } }),
      /hidden/, undefined],
    ['pivot-root', machine({ tries: { 'pivot-root': failed('pivot_root(".", ".")', 'EINVAL') } }),
      /initramfs/, undefined],
    ['proc', machine({ proc: 'none' }), /covers/, /stepbox reset$/],
    ['proc', machine({ proc: 'above' }), /that of its parent/, /^mount -t proc/],
    ['kernel', machine({ tries: { 'close-range': failed('close_range', 'ENOSYS') } }),
      /5\.11/, undefined],
  ]
  test.for(rows)('%s', ([name, of, why, remedy]) => {
    const verdict = verdictOn(name, of)
    expect(verdict.state).not.toBe('yes')
    expect(verdict.why).toMatch(why)
    if (remedy) expect(verdict.remedy).toMatch(remedy)
    else expect(verdict.remedy).toBeUndefined()
  })

  test('all shared capabilities are shown, in the order of their topics', () => {
    const { capabilities } = diagnose(made.ordinary, chapters)
    const shown = topics.flatMap(([, names]) => names)
    expect(capabilities.map(({ name }) => name)).toEqual(shown)
    expect(new Set(shown).size).toBe(26)
    expect(capabilities.filter(({ state }) => state !== 'yes')).toEqual([])
  })
})

describe('a capability that a chapter adds', () => {
  const bridge: Capability = {
    name: 'bridge',
    topic: 'networks',
    tried: () => [],
    found: 'ioctl(SIOCBRADDBR)',
    why: 'the bridge module is not loaded',
    remedy: 'modprobe bridge',
  }
  const next = chapters.length + 1
  const late = { number: next, slug: 'later', needs: ['bridge'], capabilities: [bridge] }
  const of = (tries: Machine['tries'], other: Partial<Machine> = {}) =>
    diagnose(machine({ ...other, tries }), [...chapters, late])

  test('is shown under its topic, after the shared ones', () => {
    const said = plain(render(of({ bridge: { ok: true } })))
    expect(said).toMatch(/\n networks\n {3}✓ bridge +ioctl\(SIOCBRADDBR\)\n\n chapters\n/)
    expect(of({ bridge: { ok: true } })).toMatchObject({ ok: true })
  })

  test('is missing with its own reason, or the one that all calls have', () => {
    const missing = of({ bridge: failed('ioctl(SIOCBRADDBR)', 'ENOPKG') })
    expect(missing.capabilities.at(-1)).toMatchObject({
      state: 'no',
      found: 'ioctl(SIOCBRADDBR) = ENOPKG',
      why: bridge.why,
      remedy: bridge.remedy,
      chapters: [next],
    })
    expect(missing.chapters.map(({ state }) => state)).toEqual([...Array(5).fill('full'), 'none'])
    const denied = of({ bridge: failed('ioctl(SIOCBRADDBR)', 'EPERM') }, { uid: 1000 })
    expect(denied.capabilities.at(-1)?.why).toBe('this needs root')
  })

  test('is tried on this machine', async (context) => {
    needs(context, 'native')
    const [row] = await rowsTo()
    const steps = [toolStep(['chdir', '/nowhere'], 'it fails')]
    const capabilities = [bridge, { ...bridge, name: 'broken', tried: () => steps }]
    const rows = [{ ...row, tools: async () => ({ capabilities }) } as Chapter]
    const { tries } = await probe(join(scratch(), 'root'), rows)
    expect(tries['bridge']).toEqual({ ok: true })
    const failed = { ok: false, call: 'chdir("/nowhere")', errno: 'ENOENT', at: 0 }
    expect(tries['broken']).toEqual(failed)
  })
})

describe('what a machine is inside of', () => {
  const bare: Hints = {
    files: [],
    kernel: '6.1.0-28-amd64',
    env: {},
    mountinfo: '',
    pidNamespace: '4026531836',
  }
  const inside = { pidNamespace: '4026532000' }
  const rows: [string, Partial<Hints>, string[]][] = [
    ['nothing', {}, []],
    ['Docker, by its file', { ...inside, files: ['/.dockerenv'] }, ['docker']],
    ['a virtual machine made from a Docker image', { files: ['/.dockerenv'] }, []],
    ['Docker, by its mounts', { mountinfo: '/var/lib/docker/containers/0/hosts' }, ['docker']],
    ['podman', { ...inside, files: ['/run/.containerenv'] }, ['podman']],
    ['Kubernetes', { env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } }, ['kubernetes']],
    ['LXC', { ...inside, env: { container: 'lxc' } }, ['lxc']],
    ['a container of some kind', inside, ['container']],
    ['WSL 1', { kernel: '4.4.0-19041-Microsoft' }, ['wsl1']],
    ['WSL 2', { kernel: '5.15.90.1-microsoft-standard-WSL2' }, ['wsl2']],
    ['WSL 2 of 2019', { kernel: '4.19.84-microsoft-standard-WSL2' }, ['wsl2']],
    ['CI', { env: { CI: 'true' } }, ['ci']],
    ['CI that was switched off', { env: { CI: 'false' } }, []],
  ]
  test.for(rows)('%s', ([, hints, expected]) => {
    expect(surroundingsOf({ ...bare, ...hints })).toEqual(expected)
  })

  test('capabilities are read from their bits', () => {
    expect(privilegesIn('0000000000200001')).toEqual(['CHOWN', 'SYS_ADMIN'])
    expect(privilegesIn('8000000000000000')).toEqual(['63'])
    expect(lackingIn('000001ffffffffff')).toEqual([])
    expect(lackingIn('00000000a80425fb')).toEqual(['NET_ADMIN', 'SYS_ADMIN']) // Docker's
  })
})

function plain(line: string): string {
  return line.replace(/\x1b\[[0-9;]*m/g, '')
}
