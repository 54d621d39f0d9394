/** Tests. Fuzzed: recordings of walks, printed and drawn. They may come from anyone. */
import { asText, sceneOf } from '../../runtime/cli/replay.ts'
import { draw } from '../../runtime/tools/walk/screen.ts'
import { parseRecording, type Recording } from '../../runtime/tools/walk/recording.ts'
import { reshapedJson } from './json.ts'
import { rule, type Target } from './target.ts'

export const recording: Target = {
  name: 'recording',
  seeds: () => [Buffer.from(JSON.stringify(example))],
  words: ['"frames":', '"index":', '"state":', '"changes":', '"errno":', '"start":', '{}', '[]'],
  reshape: (bytes, random) => Buffer.from(reshapedJson(bytes.toString(), random)),
  check: (bytes) => {
    const read = parseRecording(bytes.toString())
    checkText(asText(read))
    for (let at = 0; at <= Math.min(read.frames.length, 3); at++)
      for (const isInspecting of [false, true])
        for (const line of draw(sceneOf(size, read, { at, isInspecting, scroll: 0 }))) {
          checkText(line.replace(/\x1b\[[\d;]*m/g, ''))
          rule(!line.includes('undefined'), `a line '${line}'`)
        }
    return `${read.frames.length} ${read.plan.length}`
  },
}

const size = { rows: 24, columns: 80 }

function checkText(text: string): void {
  const found = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/.exec(text)
  rule(found === null, `control characters in ${JSON.stringify(text.slice(0, 200))}`)
}

const state = {
  pid: 5,
  pidInside: 1,
  command: 'sh',
  namespaces: { uts: '4026531838' },
  hostname: 'box',
  loopbackUp: false,
  root: '/',
  cwd: '/',
  mounts: [
    {
      id: '36',
      device: '0:20',
      subtree: '/',
      target: '/proc',
      type: 'proc',
      source: 'proc',
      options: 'rw',
      propagation: '',
    },
  ],
  groups: { '/sys/fs/cgroup/a': { 'pids.max': '9' } },
  membership: ['pids:/a'],
  uid: '0',
  gid: '0',
  uidMap: '0 0 1',
  capabilities: 'ff',
  umask: '0022',
  session: 5,
  terminal: false,
  descriptors: { '0': '/dev/null' },
  more: { network: { lo: 'up' } },
}

const line = { chapter: 0, name: 'umask', why: 'files' }

const example: Recording = {
  stepbox: 'recording',
  version: 1,
  chapter: { number: 0, slug: 'none' },
  recorded: '2020-01-01T00:00:00Z',
  kernel: '6.1.0',
  command: ['sh'],
  plan: [
    { ...line, step: 1, strace: 'umask(022)', ignoring: 'EEXIST' },
    { ...line, step: 2, strace: 'execve("sh")' },
  ],
  start: state,
  frames: [
    {
      index: 0,
      result: 18,
      errno: 'EEXIST',
      nanoseconds: 900,
      changes: [{ sign: '~', topic: 'umask', text: '0000 → 0022' }],
      state,
    },
    { index: 1, changes: [] },
  ],
  exitCode: 3,
}
