/** `stats`: what Docker's shows, once, live, and what was counted until the end. */
import { closeSync, openSync, readFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { expect, it, onTestFinished } from 'vitest'
import { cpuPercent, type Usage } from '../../runtime/02-cgroups/usage.ts'
import { openTerminal } from '../../test/tmux.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { program, start, stepbox, type Started } from '../../test/stepbox.ts'

const heads =
  /^CONTAINER ID +NAME +CPU % +MEM USAGE \/ LIMIT +MEM % +NET I\/O +BLOCK I\/O +PIDS$/m

const at = ['--chapter', 'cgroups']

/** A container that runs `script` until the test is over. */
async function runs(root: string, [name = '', ...flags]: string[], script: string) {
  const command = ['sh', '-c', `echo on; ${script}`]
  const started = start([...at, 'run', '--name', name, ...flags, ...command], { root })
  onTestFinished(async () => {
    await stepbox([...at, 'rm', '-f', name], { root })
    await started.ended
  })
  await started.says('on')
  return started
}

const busy = 'while :; do :; done'

async function shown(root: string, ...args: string[]): Promise<string> {
  return (await stepbox([...at, 'stats', ...args], { root })).out
}

it('--no-stream shows each running container once, in the columns of Docker', async (context) => {
  needs(context, 'root', 'cgroup-memory')
  const root = scratch()
  await runs(root, ['busy', '-m', '64m'], busy)
  await runs(root, ['idle'], 'sleep 1000')
  const text = await shown(root, '--no-stream')
  expect(text).toMatch(heads)
  const size = String.raw`[\d.]+[kKM]?i?B`
  const row = String.raw` +([\d.]+)% +${size} / 64MiB +[\d.]+% +0B / 0B +${size} / ${size} +1$`
  const percent = new RegExp(`^[0-9a-f]{12} +busy${row}`, 'm').exec(text)?.[1]
  expect(Number(percent)).toBeGreaterThan(1)
  expect(text).toMatch(/^[0-9a-f]{12} +idle +0\.\d\d%/m)
  expect(text.trimEnd().split('\n')).toHaveLength(3)
})

it('processor time is measured between two moments, 100 being one processor', () => {
  const first = { atMs: 1000, cpuNs: 5e9 } as Usage
  expect(cpuPercent(first, { ...first, atMs: 2000, cpuNs: 6.5e9 })).toBe(150)
  expect(cpuPercent(first, { ...first, atMs: 2000 })).toBe(0)
  expect(cpuPercent(first, first)).toBe(0)
})

it('-a shows those that have ended, with zeros; --no-trunc whole ids', async (context) => {
  needs(context, 'root', 'cgroups')
  const root = scratch()
  await stepbox([...at, 'run', '--name', 'over', 'true'], { root })
  expect(await shown(root, '--no-stream')).not.toContain('over')
  const zeros = / over +0\.00% +0B \/ 0B +0\.00% +0B \/ 0B +0B \/ 0B +0$/m
  expect(await shown(root, '--no-stream', '-a')).toMatch(zeros)
  expect(await shown(root, '--no-trunc', 'over')).toMatch(/^[0-9a-f]{64} +over/m)
})

it('--totals has what was counted until the end', async (context) => {
  needs(context, 'root', 'cgroup-pids')
  const root = scratch()
  await stepbox([...at, 'run', '--name', 'over', '--pids-limit', '20', 'true'], { root })
  const text = await shown(root, '--totals', 'over')
  expect(text).toMatch(/^NAME +STATUS +CPU TIME +MEMORY +PEAK +PIDS +THROTTLED +OOM KILLS\n/)
  expect(text).toMatch(/^over +exited +\d\.\d\ds/m)
})

it('JSON has numbers, and what the group has counted', async (context) => {
  needs(context, 'root', 'cgroup-memory')
  const root = scratch()
  await runs(root, ['idle', '-m', '64m'], 'sleep 1000')
  const text = await shown(root, '--no-stream', '--format', 'json', 'idle')
  const [idle] = JSON.parse(text) as object[]
  const figures = { cpuPercent: expect.any(Number), memoryLimitBytes: 67108864 }
  expect(idle).toMatchObject({ name: 'idle', status: 'running', ...figures })
  expect(idle).toMatchObject({ stats: { cpuNs: expect.any(Number) } })
})

it('into a pipe it goes on, page by page, until its containers have ended', async (context) => {
  needs(context, 'root', 'cgroups')
  const root = scratch()
  await runs(root, ['idle'], 'sleep 1000')
  const live = start([...at, 'stats', 'idle'], { root })
  await saysLater(live, /(?:CONTAINER ID[^]*){2}/)
  await stepbox([...at, 'rm', '-f', 'idle'], { root })
  const { code, out, err } = await live.ended
  expect([code, err]).toEqual([0, ''])
  expect(out).not.toContain('\x1b')
})

it('without names it shows who comes, and forgets who goes', async (context) => {
  needs(context, 'root', 'cgroups')
  const root = scratch()
  const live = start([...at, 'stats'], { root })
  onTestFinished(() => void live.process.kill('SIGKILL'))
  await live.says('CONTAINER ID')
  await runs(root, ['idle'], 'sleep 1000')
  await live.says(' idle ')
  await stepbox([...at, 'rm', '-f', 'idle'], { root })
  await saysLater(live, /CONTAINER ID.*\n(?!.* idle )/)
  expect(live.process.exitCode).toBe(null)
})

it('on a full disk it ends, and says why', async (context) => {
  needs(context, 'root', 'cgroups')
  const full = openSync('/dev/full', 'w')
  onTestFinished(() => closeSync(full))
  const env = { ...process.env, STEPBOX_ROOT: scratch() }
  const stdio = ['ignore', full, 'pipe'] as ('ignore' | 'pipe' | number)[]
  const { status, stderr } = spawnSync(process.execPath, [program, ...at, 'stats'], { env, stdio })
  expect([status, String(stderr)]).toEqual([1, expect.stringContaining('no space left')])
})

const keys = ['q', 'C-c']
it.for(keys)('on a terminal it draws anew until %s, and restores it', async (key, context) => {
  needs(context, 'root', 'cgroups', 'tmux')
  const root = scratch()
  await runs(root, ['busy'], busy)
  const screen = openTerminal({ STEPBOX_ROOT: root })
  const live = `node ${program} ${at.join(' ')} stats`
  screen.line(`stty -g > ${root}/before; ${live}; echo "code $?"`)
  await screen.shows(/ busy +--/)
  await screen.shows(/ busy +\d+\.\d\d%/)
  screen.keys(key)
  await screen.shows(/^code 0$/m)
  screen.line(`stty -g | cmp - ${root}/before && echo as before`)
  await screen.shows(/^as before$/m)
  expect(screen.text()).not.toContain('MEM USAGE')
  expect(readFileSync(`${root}/before`, 'utf8')).not.toBe('')
})

/** Resolves once what is printed from now on matches. */
function saysLater({ process: { stdout } }: Started, wanted: RegExp): Promise<void> {
  let text = ''
  return new Promise((resolve) => {
    stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (wanted.test(text)) resolve()
    })
  })
}
