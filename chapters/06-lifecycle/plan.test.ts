/** What the chapter adds to the list, line by line; runs anywhere, without root. */
import { describe, expect, test } from 'vitest'
import { planOptions } from '../../runtime/chapter.ts'
import { listen } from '../../runtime/06-lifecycle/attach.ts'
import { withInit } from '../../runtime/06-lifecycle/init.ts'
import { prepareLife } from '../../runtime/06-lifecycle/lifecycle.ts'
import { openLog } from '../../runtime/06-lifecycle/log.ts'
import { monitor, type Monitor, type RestartPolicy } from '../../runtime/06-lifecycle/monitor.ts'
import type { Container, PlanOptions } from '../../runtime/options.ts'
import type { Step } from '../../runtime/step.ts'
import { strace } from '../../runtime/strace.ts'
import { plan } from './plan.ts'

const lines = (steps: Step[]) => steps.map(({ call }) => strace(call))

const ordinary = planOptions([], {
  argv: ['sh'],
  env: ['PATH=/bin'],
  hostname: 'box',
  network: 'none',
  group: { name: 'stepbox-1', cgroups: { hierarchies: [] }, limits: {} },
  layers: ['init', 'lower0'],
  dir: '/c/1',
})

const told: Monitor = {
  directory: '/c/1',
  mark: '/running/1',
  lock: '/settling',
  restart: { name: 'no' },
  groups: ['/sys/fs/cgroup/stepbox-1'],
  settler: ['node', 'stepbox.cjs', 'settle'],
  isAttended: false,
}
const log = { path: '/c/1/1-json.log', maxBytes: 0, files: 1 }
const all: Partial<PlanOptions> = {
  monitor: told,
  log,
  listening: { directory: '/c/1', closesInput: false, isAwaited: false },
  hasInit: true,
}

describe('the monitor', () => {
  test('leaves the session and the directory, and stays', () => {
    expect(lines(monitor(told))).toEqual([
      'setsid()',
      'chdir("/")',
      'supervise("/c/1", "/running/1", "/settling", RESTART_NEVER, [0, 100, 60000, 10000], ' +
        '["/sys/fs/cgroup/stepbox-1"], ["node", "stepbox.cjs", "settle"], 0)',
    ])
    expect(monitor(undefined)).toEqual([])
  })

  test('stays with the caller who waits for the container', () => {
    expect(lines(monitor({ ...told, isAttended: true }))).toEqual([
      expect.stringMatching(/^supervise\(.*, 1\)$/),
    ])
  })

  const policies: [RestartPolicy, string][] = [
    [{ name: 'no' }, 'RESTART_NEVER, [0,'],
    [{ name: 'on-failure' }, 'RESTART_ON_FAILURE, [0,'],
    [{ name: 'on-failure', most: 3 }, 'RESTART_ON_FAILURE, [3,'],
    [{ name: 'always' }, 'RESTART_ALWAYS, [0,'],
    [{ name: 'unless-stopped' }, 'RESTART_ALWAYS, [0,'],
  ]
  test.for(policies)('is told the policy $0 with the calls', ([restart, expected]) => {
    expect(lines(monitor({ ...told, restart }))[2]).toContain(expected)
  })
})

test('the log has its bound, its files and what every record says', () => {
  const rotated = { ...log, maxBytes: 2000, files: 3, attributes: '{"tier":"front"}' }
  expect(lines([...openLog(log), ...openLog(rotated), ...openLog(undefined)])).toEqual([
    'open_log("/c/1/1-json.log", 0, 1, "")',
    String.raw`open_log("/c/1/1-json.log", 2000, 3, "{\"tier\":\"front\"}")`,
  ])
})

test('the socket is told when its container loses its input, and whether it is awaited', () => {
  const flags = [true, false].map((is) => ({ directory: '/c/1', closesInput: is, isAwaited: !is }))
  expect(lines(flags.flatMap(listen))).toEqual(['listen("/c/1", 1, 0)', 'listen("/c/1", 0, 1)'])
  expect(listen(undefined)).toEqual([])
})

describe('the list', () => {
  test('makes once what comes before supervise, and in each start what comes after', () => {
    const names = plan({ ...ordinary, ...all }).map(({ call }) => call[0])
    expect(names.slice(0, 6)).toEqual([
      'close_range',
      'setsid',
      'chdir',
      'supervise',
      'open_log',
      'listen',
    ])
    expect(names.indexOf('unshare')).toBeGreaterThan(names.indexOf('supervise'))
  })

  test('has process 1 stay right before the command', () => {
    const names = plan({ ...ordinary, ...all }).map(({ call }) => call[0])
    expect(names.slice(-2)).toEqual(['init', 'execvpe'])
    const [command] = plan(ordinary).slice(-1)
    expect(command && withInit([command])).toEqual([command])
  })

  test('is that of chapter 5 when nothing is asked for', () => {
    expect(plan(ordinary).filter(({ chapter }) => chapter === 6)).toEqual([])
  })
})

test('there is a monitor, a socket and a log; only in the foreground the caller waits, too', () => {
  const setting = (more: Partial<Container>) => ({
    container: { id: '1', env: [], ...more } as unknown as Container,
    root: '/data',
    dir: '/data/containers/1',
  })
  expect(Object.keys(prepareLife(setting({})))).toEqual(['monitor', 'listening', 'log'])
  expect(prepareLife(setting({})).monitor?.isAttended).toBe(true)
  expect(prepareLife(setting({ detach: true })).monitor?.isAttended).toBe(false)
  const none = { logging: { driver: 'none' as const, options: {} } }
  expect(Object.keys(prepareLife(setting(none)))).not.toContain('log')
})
