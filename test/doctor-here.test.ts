/** Tests. What doctor says of this machine, as it is and bent, held against an independent look. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { CapabilityName } from '../runtime/tools/doctor/capabilities.ts'
import type { Diagnosis } from '../runtime/tools/doctor/diagnosis.ts'
import { rootWithBusybox } from './busybox.ts'
import { programIn } from './elsewhere.ts'
import { host } from './host.ts'
import { imageOf } from './rows.ts'
import { needs, scratch } from './scratch.ts'
import { program, stepbox } from './stepbox.ts'

/** What `doctor --format json` says, run as given. */
function doctor(setting: { root?: string; before?: string; prefix?: string[] } = {}): Diagnosis {
  const root = setting.root ?? join(scratch(), 'root')
  const own = `'${process.execPath}' '${program}' doctor --format json`
  const script = `${setting.before ?? ''}\n${own}`
  const [command = '', ...args] = [...(setting.prefix ?? []), 'sh', '-c', script]
  const { stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], STEPBOX_ROOT: root },
  })
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Diagnosis
}

function stateOf({ capabilities }: Diagnosis, name: CapabilityName) {
  return capabilities.find((each) => each.name === name)
}

/** What can be had of the chapter with that slug. */
function chapterIn({ chapters }: Diagnosis, slug: string) {
  return chapters.find((each) => each.slug === slug)?.state
}

describe('this machine', () => {
  const kinds: [CapabilityName, args: string[]][] = [
    ['pid-namespace', ['--pid', '--fork']],
    ['mount-namespace', ['--mount']],
    ['uts-namespace', ['--uts']],
    ['ipc-namespace', ['--ipc']],
    ['cgroup-namespace', ['--cgroup']],
    ['network-namespace', ['--net']],
    ['user-namespace', ['--user', '--map-root-user', '--mount']],
    ['mount-proc', ['--pid', '--fork', '--mount-proc']],
  ]
  test('has the namespaces that unshare(1) can make, and no others', async (context) => {
    needs(context, 'util-linux-unshare', 'native')
    const diagnosis = doctor()
    for (const [name, args] of kinds) {
      const { status } = spawnSync('unshare', [...args, 'true'], { cwd: '/' })
      expect([name, stateOf(diagnosis, name)?.state]).toEqual([name, status === 0 ? 'yes' : 'no'])
    }
  })

  test('can run a container of each chapter that is full', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const diagnosis = doctor({ root })
    for (const { number, state } of diagnosis.chapters) {
      const words = [...(await imageOf(number)), 'true']
      const { code } = await stepbox(['--chapter', `${number}`, 'run', '--rm', ...words], { root })
      expect([number, state === 'none']).toEqual([number, code !== 0])
    }
  })

  test('keeps no trace of having been looked at', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const groups = () => [...host()].filter((line) => /group .*doctor|mount/.test(line))
    const before = groups()
    doctor({ root: join(dir, 'not/there') })
    expect(readdirSync(dir)).toEqual([])
    expect(groups()).toEqual(before)
    const root = await rootWithBusybox()
    doctor({ root })
    expect(readdirSync(join(root, 'tmp'))).toEqual([])
  })

  test('is known in the time in which Node starts twenty times', async (context) => {
    needs(context, 'native')
    const quickest = (work: () => unknown) => {
      const took = [0, 1, 2].map(() => {
        const start = performance.now()
        work()
        return performance.now() - start
      })
      return Math.min(...took)
    }
    const node = quickest(() => spawnSync(process.execPath, ['-e', '0']))
    expect(quickest(() => doctor())).toBeLessThan(20 * node)
  })

  test('has a line for each capability, and its exit code is the sum', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const { code, out, err } = await stepbox(['doctor'], { root })
    const diagnosis = doctor({ root })
    expect(err).toBe('')
    expect(code).toBe(diagnosis.ok ? 0 : 1)
    for (const { name } of diagnosis.capabilities)
      expect(out).toMatch(new RegExp(`^   [✓✗~?] ${name} `, 'm'))
    expect(out.split('\n').filter((line) => [...line].length > 80)).toEqual([])
  })

  test('is itself an ordinary one for whoever is not root', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const own = programIn(dir, { native: true })
    const as = (args: string[]) =>
      spawnSync(process.execPath, [own, '--root', `${dir}/no`, 'doctor', ...args], {
        uid: 65534, gid: 65534, cwd: '/', encoding: 'utf8', env: {},
      })
    const said = expect.stringContaining('a virtual machine has all of them: stepbox vm')
    expect(as([])).toMatchObject({ status: 1, stderr: '', stdout: said })
    const diagnosis = JSON.parse(as(['--format', 'json']).stdout) as Diagnosis
    expect(stateOf(diagnosis, 'root')).toMatchObject({ state: 'no', why: 'this needs root' })
    expect(stateOf(diagnosis, 'data-root')?.why).toBe('uid 65534 has no permission')
    expect(stateOf(diagnosis, 'pid-namespace')?.found).toBe('unshare(CLONE_NEWPID) = EPERM')
    expect(diagnosis.chapters.every(({ state }) => state === 'none')).toBe(true)
  })

  test('without the native program, nothing is tried, and set-up is the remedy', () => {
    const dir = scratch()
    const args = [programIn(dir, { native: false }), '--root', join(dir, 'root'), 'doctor']
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect([status, stderr]).toEqual([1, ''])
    expect(stdout).toContain('✗ native             native/stepbox')
    expect(stdout).toContain('→ npm run setup')
    expect(existsSync(join(dir, 'root'))).toBe(false)
  })
})

describe('this machine, bent', () => {
  const outer = ['unshare', '--mount', '--propagation', 'private']

  test('a data root on an overlay: doctor says so, and run fails as it said', async (context) => {
    needs(context, 'root', 'unshare', 'overlay')
    const dir = scratch()
    const root = await rootWithBusybox()
    const data = `lowerdir=${root},upperdir=${dir}/upper,workdir=${dir}/work`
    const before = `mkdir -p ${dir}/upper ${dir}/work; mount -t overlay overlay -o ${data} ${root}`
    const diagnosis = doctor({ root, before, prefix: outer })
    expect(stateOf(diagnosis, 'overlay')).toMatchObject({
      state: 'no',
      found: expect.stringMatching(/^mount\("overlay".* = EINVAL$/),
      why: expect.stringContaining('is on an overlay'),
    })
    const states = ['pivot-root', 'overlay', 'commit'].map((slug) => chapterIn(diagnosis, slug))
    expect(states).toEqual(['full', 'none', 'none'])
    const run = `${before}\n'${process.execPath}' '${program}' --root ${root} run --rm busybox true`
    const { status, stderr } = spawnSync(outer[0] ?? '', [...outer.slice(1), 'sh', '-c', run], {
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([125, expect.stringContaining('EINVAL')])
  })

  test('a shared / is told, is no obstacle, and stays as it was', async (context) => {
    needs(context, 'root', 'unshare')
    const root = await rootWithBusybox()
    const script = `mount --make-rshared /
      cat /proc/self/mountinfo >${root}/before
      '${process.execPath}' '${program}' --root ${root} doctor --format json
      cat /proc/self/mountinfo >${root}/after`
    const { stdout } = spawnSync(outer[0] ?? '', [...outer.slice(1), 'sh', '-c', script], {
      encoding: 'utf8',
    })
    const diagnosis = JSON.parse(stdout) as Diagnosis
    expect(diagnosis.machine.propagation).toMatch(/^shared:\d+/)
    expect(chapterIn(diagnosis, 'namespaces')).toBe('full')
    expect(readFileSync(`${root}/after`, 'utf8')).toBe(readFileSync(`${root}/before`, 'utf8'))
  })

  test('control groups that are read-only', async (context) => {
    needs(context, 'root', 'unshare', 'cgroups')
    const before = `awk '$0 ~ / - cgroup2? / {print $5}' /proc/self/mountinfo |
      while read dir; do mount -o remount,bind,ro "$dir"; done`
    const diagnosis = doctor({ before, prefix: outer })
    expect(stateOf(diagnosis, 'cgroups')?.why).toMatch('read-only')
    expect(chapterIn(diagnosis, 'cgroups')).toBe('none')
  })

  test('root without CAP_SYS_ADMIN', async (context) => {
    needs(context, 'root', 'capsh')
    const run = ['--shell=/bin/sh', '--', '-c', 'exec "$@"', 'sh']
    const diagnosis = doctor({ prefix: ['capsh', '--drop=cap_sys_admin', ...run] })
    expect(stateOf(diagnosis, 'root')?.why).toBe('this root lacks CAP_SYS_ADMIN')
    expect(stateOf(diagnosis, 'overlay')?.found).toBe('unshare(CLONE_NEWNS) = EPERM')
  })

  test('each kind of namespace, where its sysctl forbids it', async (context) => {
    needs(context, 'root', 'unshare', 'user-namespace')
    const kinds = { pid: 'pid', mnt: 'mount', uts: 'uts', ipc: 'ipc', net: 'network' }
    for (const [short, word] of Object.entries(kinds)) {
      const name = `${word}-namespace` as CapabilityName
      const before = `echo 0 >/proc/sys/user/max_${short}_namespaces`
      const diagnosis = doctor({ before, prefix: ['unshare', '--user', '--map-root-user'] })
      expect(stateOf(diagnosis, name)).toMatchObject({
        found: expect.stringMatching(/^unshare\(CLONE_NEW\w+\) = ENOSPC$/),
        why: `user.max_${short}_namespaces is 0, so no more can be made`,
      })
    }
  })

  test('a new pid namespace with the old /proc', async (context) => {
    needs(context, 'root', 'unshare')
    const diagnosis = doctor({ prefix: ['unshare', '--pid', '--fork'] })
    expect(stateOf(diagnosis, 'proc')?.remedy).toBe('mount -t proc proc /proc')
    expect(diagnosis.machine.surroundings).not.toEqual([])
  })
})
