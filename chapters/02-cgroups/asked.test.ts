/** Limits as `run` understands them, from flags to what the host sees of the container. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { lookAtCgroups } from '../../runtime/02-cgroups/cgroups.ts'
import { askedLimits } from '../../runtime/02-cgroups/flags.ts'
import { parseParent } from '../../runtime/02-cgroups/parent.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { start, stepbox } from '../../test/stepbox.ts'
import { diskHere } from './limited.ts'

/** The limits that `flags` ask for, each written as `--name=value`. */
function asked(...flags: string[]) {
  const values = new Map<string, string[]>()
  const switches = new Set<string>()
  for (const flag of flags) {
    const [, name = '', value] = /^--([\w-]+)(?:=(.*))?$/.exec(flag) ?? []
    if (value === undefined) switches.add(name)
    else values.set(name, [...(values.get(name) ?? []), value])
  }
  return askedLimits({ values, switches, words: [] })
}

const run = (root: string, ...args: string[]) =>
  stepbox(['--chapter', 'cgroups', 'run', '--rm', ...args], { root })

describe('flags that contradict each other are refused, with the facts that Docker names', () => {
  it.each([
    [['--memory-swap=64m'], 'it needs --memory, too'],
    [['--memory=64m', '--memory-swap=32m'], 'it is at least --memory'],
    [['--memory=64m', '--memory-reservation=65m'], '--memory-reservation is at most --memory'],
    [['--cpus=1', '--cpu-period=50000'], '--cpus and --cpu-period conflict'],
    [['--cpus=1', '--cpu-quota=50000'], '--cpus and --cpu-quota conflict'],
    [['--cpu-rt-period=10', '--cpu-rt-runtime=11'], '--cpu-rt-runtime is at most'],
  ])('%s', (flags, words) => expect(() => asked(...flags)).toThrow(words))
})

describe('a value out of bounds is refused, with what is accepted', () => {
  it.each([
    ['--cpu-quota=999', '1000 to 1099511627776, or 0 or -1 for no limit'],
    ['--cpu-period=1000001', '1000 to 1000000, or 0 for no limit'],
    ['--memory-swappiness=101', "0 to 100, or -1 for the machine's"],
    ['--blkio-weight=9', '10 to 1000, or 0 for no limit'],
    ['--oom-score-adj=1001', '-1000 to 1000'],
    ['--oom-score-adj=abc', '-1000 to 1000'],
    ['--cpuset-mems=a', 'a list of memory nodes, as 0-1,3'],
    ['--cgroupns=x', 'private or host'],
    ['--device-read-bps=vda:1m', 'PATH:RATE, a device below /dev and bytes a second'],
    ['--device-read-bps=/dev/vda', 'PATH:RATE'],
    ['--device-read-bps=/dev/vda:1m:2', 'PATH:RATE'],
    ['--device-read-iops=/dev/vda:1k', 'a whole number'],
    ['--blkio-weight-device=/dev/vda:9', '10 to 1000'],
  ])('%s', (flag, accepted) => {
    const [name, value] = flag.split('=')
    const words = `invalid value '${value}' for ${name}: `
    expect(() => asked(flag)).toThrow(words)
    expect(() => asked(flag)).toThrow(accepted)
  })
})

describe('as in Docker', () => {
  it.each<[string[], object]>([
    [['--memory=64m'], { memoryBytes: 67108864, memorySwapBytes: 134217728 }],
    [['--memory=64m', '--memory-swap=0'], { memoryBytes: 67108864, memorySwapBytes: 134217728 }],
    [['--memory=64m', '--memory-swap=-1'], { memoryBytes: 67108864, memorySwapBytes: -1 }],
    [['--memory-swap=-1'], {}],
    [['--memory=64m', '--memory=128m'], { memoryBytes: 134217728, memorySwapBytes: 268435456 }],
    [['--cpus=0', '--cpu-quota=50000'], { cpuQuotaUs: 50000 }],
    [['--cpu-quota=-1', '--pids-limit=0', '--cpuset-cpus='], {}],
    [['--device-read-bps=/dev/vda:0'], {}],
    [
      ['--device-read-bps=/dev/vda:1mb', '--device-read-bps=/dev/vda:2KiB'],
      { deviceReadBps: [{ path: '/dev/vda', rate: 2048 }] },
    ],
  ])('%s', (flags, limits) => expect(asked(...flags).limits).toEqual(limits))
})

describe('--cgroup-parent', () => {
  it('is a path below the mounts, and / is where groups are made anyway', () => {
    const paths = ['team', '/team/web/', 'a b', '/', ''].map(parseParent)
    expect(paths).toEqual(['/team', '/team/web', '/a b', undefined, undefined])
  })

  it.each(['../x', '/x/../y', '.', 'a/./b', 'a\nb', '/a'.repeat(17)])("refuses '%s'", (text) =>
    expect(() => parseParent(text)).toThrow('a path of groups, as /team/web'),
  )

  it('refuses the groups of containers: those are killed as a whole', () => {
    expect(() => parseParent('team/stepbox-1')).toThrow("names without 'stepbox-'")
  })

  it('is made for the container, and removed with its last one', async (context) => {
    needs(context, 'root', 'cgroup-pids')
    const root = scratch()
    const name = `test-${process.pid}`
    const flags = ['--pids-limit', '20', '--cgroup-parent', `${name}/web`, '--cgroupns', 'host']
    const script = ['sh', '-c', 'echo on; sleep 1000']
    const typed = ['--chapter', 'cgroups', 'run', '--rm', '--name', 'first', ...flags, ...script]
    const first = start(typed, { root })
    await first.says('on')
    const second = await run(root, ...flags, 'cat', '/proc/self/cgroup')
    expect(second.out).toMatch(new RegExp(`:/${name}/web/stepbox-[0-9a-f]{64}$`, 'm'))
    expect(inTrees(`${name}/web`)).not.toEqual([])
    await stepbox(['--chapter', 'cgroups', 'rm', '-f', 'first'], { root })
    await first.ended
    expect(inTrees(name)).toEqual([])
  })

  it('that was there before stays', async (context) => {
    needs(context, 'root', 'cgroup-pids')
    const name = `test-${process.pid}-kept`
    const mounts = lookAtCgroups().hierarchies.map(({ mount }) => mount)
    for (const mount of mounts) mkdirSync(`${mount}/${name}`)
    onTestFinished(() => mounts.forEach((mount) => rmdirSync(`${mount}/${name}`)))
    expect((await run(scratch(), '--cgroup-parent', name, 'true')).code).toBe(0)
    expect(inTrees(name)).toHaveLength(mounts.length)
  })
})

function inTrees(name: string): string[] {
  const dirs = lookAtCgroups().hierarchies.map(({ mount }) => `${mount}/${name}`)
  return dirs.filter((dir) => existsSync(dir))
}

describe('the container', () => {
  it('has the score that it was given, for when memory runs out', async (context) => {
    needs(context, 'root', 'cgroups')
    const read = ['cat', '/proc/self/oom_score_adj']
    const { out } = await run(scratch(), '--oom-score-adj', '500', ...read)
    expect(out).toBe('500\n')
  })

  it('does not start where its score cannot be lowered, and says why', async (context) => {
    needs(context, 'root', 'cgroups')
    const own = readFileSync('/proc/self/status', 'utf8')
    const capabilities = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(own)?.[1]}`)
    if (capabilities & (1n << 24n)) context.skip('blocked: this root may lower its score')
    const { code, err } = await run(scratch(), '--oom-score-adj', '-5', 'true')
    expect([code, err]).toEqual([125, expect.stringContaining('that takes CAP_SYS_RESOURCE')])
  })

  it('sees its group by its name only with --cgroupns host', async (context) => {
    needs(context, 'root', 'cgroups')
    const root = scratch()
    const host = await run(root, '--cgroupns', 'host', 'cat', '/proc/self/cgroup')
    expect(host.out).toMatch(/:\/stepbox-[0-9a-f]{64}$/m)
    const own = await run(root, '--cgroupns', 'private', 'cat', '/proc/self/cgroup')
    expect(own.out).not.toContain('stepbox-')
  })

  it('reads a disk no faster than it may', async (context) => {
    needs(context, 'root', 'cgroups')
    const { path, device } = diskHere(0)
    const dir = scratch()
    const file = join(dir, 'file')
    writeFileSync(file, Buffer.alloc(2 ** 20, 'x'), { flush: true })
    if (deviceOf(file) !== device) context.skip('blocked: no directory for tests on a disk')
    const read = ['dd', `if=${file}`, 'of=/dev/null', 'bs=64k', 'iflag=direct']
    const begin = performance.now()
    const { code } = await run(dir, '--device-read-bps', `${path}:512k`, ...read)
    expect(code).toBe(0)
    expect(performance.now() - begin).toBeGreaterThan(1500) // 1 MiB, at 512 KiB a second
  })
})

/** The numbers of the disk that a file is on, as `254:0`. */
function deviceOf(file: string): string {
  const number = statSync(file).dev
  return `${number >> 8}:${number & 0xff}`
}

describe('what is no disk is refused before anything is made', () => {
  it.each([
    ['/dev/null:1mb', 'is no block device'],
    ['/dev/nowhere:1mb', 'no device /dev/nowhere'],
  ])('%s', async (value, words) => {
    const root = scratch()
    const { code, err } = await stepbox(
      ['--chapter', 'cgroups', 'plan', '--device-read-bps', value, 'true'],
      { root },
    )
    expect([code, err]).toEqual([expect.any(Number), expect.stringContaining(words)])
    expect(code).not.toBe(0)
  })
})

it('what the kernel cannot do is said once, and the container runs', async (context) => {
  needs(context, 'root', 'cgroup-memory')
  const memory = lookAtCgroups().hierarchies.find(({ controllers }) =>
    controllers.includes('memory'),
  )
  const flags = ['--memory-swappiness', '50', '--oom-kill-disable']
  const { out, err } = await run(scratch(), ...flags, 'echo', 'it ran')
  const warnings = memory?.version === 1
    ? ['this can result in the system running out of resources.']
    : ['Memory swappiness discarded.', 'OomKillDisable discarded.']
  expect(out).toBe('it ran\n')
  const said = err.trimEnd().split('\n').map((line) => line.split(/(?<=\.|,) /).at(-1))
  expect(said).toEqual(warnings)
})
