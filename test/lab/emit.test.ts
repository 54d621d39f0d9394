/** Tests. Jobs for clusters: names are data, and every submission is graded by one task. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fromBytes, toBytes } from '../../runtime/bytes.ts'
import { clusters, jobFor } from '../../runtime/lab/emit/job.ts'
import type { JobOptions } from '../../runtime/lab/emit/options.ts'
import { bashWord } from '../../runtime/lab/emit/shell.ts'
import { speaker, type Catalogue } from '../../runtime/sentence.ts'
import { scratch } from '../scratch.ts'

const zh = join(import.meta.dirname, '../../runtime/lab/emit/zh.json')
const catalogue = JSON.parse(readFileSync(zh, 'utf8')) as Catalogue

/** Names as students, and attackers, give them. */
const names = [
  ...['ada', "bob o'neil", '李雷', '-rf', 'two\nlines', 'tab\there', '${{ secrets.X }}'],
  ...['$(touch pwned)', '`touch pwned`', 'a"b', ': {yaml}', '# none', '&a *b', '%', 'end\\', '*'],
  ...['\u202eevil', fromBytes(Buffer.from([0xff, 0x41, 0xfe])), 'STEPBOX', "'; touch pwned; '"],
]

const third = 3
const options: JobOptions = { names, chapter: third, seconds: 60, say: speaker('en', []) }

/** A directory with submissions, and a stand-in for Node that notes how it was called. */
function place(): string {
  const dir = scratch()
  for (const name of ['bin', 'results']) mkdirSync(join(dir, name))
  writeFileSync(join(dir, 'bin/node'), node, { mode: 0o755 })
  return dir
}

const node = `#!/bin/bash
printf '%s\\0' "$@" >>calls
printf '\\n\\0' >>calls
for word; do
  [ "$last" != --out ] || out=$word
  last=$word
done
[ "$2 $3" = "lab grade" ] || exit 0
[ -n "$LOSE" ] || [ "$4" = --collect ] || echo {} >"$out/grade.json"
exit 1
`

/** The submissions that were graded in `dir`, in order. */
function gradedIn(dir: string): string[] {
  const calls = fromBytes(readFileSync(join(dir, 'calls'))).split('\n\0')
  return calls.flatMap((call) => {
    const words = call.split('\0')
    const at = words.indexOf('--each')
    return at < 0 ? [] : [words[at + 1]?.replace(`${dir}/submissions/`, '') ?? '']
  })
}

type Task = [task: string | number, env?: NodeJS.ProcessEnv]

function run(dir: string, script: string, ...[task, env = {}]: Task) {
  writeFileSync(join(dir, 'job'), toBytes(script))
  return spawnSync('bash', ['job', ...(task === '' ? [] : [String(task)])], {
    cwd: dir,
    env: { PATH: `${dir}/bin:${process.env['PATH']}`, ...env },
    encoding: 'utf8',
  })
}

describe('the script', () => {
  test('any name reaches the program as one word, byte for byte', () => {
    const dir = place()
    const { status, stderr } = run(dir, jobFor(clusters.slurm, { ...options, tasks: 1 }), 0)
    expect([status, stderr]).toEqual([0, ''])
    expect(gradedIn(dir)).toEqual(names)
    expect(readdirSync(dir).sort()).toEqual(['bin', 'calls', 'job', 'results'])
  })

  test('each submission is graded by exactly one task', () => {
    const dir = place()
    const few = names.slice(0, 7)
    const script = jobFor(clusters.slurm, { ...options, names: few, tasks: 3 })
    for (const task of ['0', '1', '2'])
      expect(run(dir, script, '', { SLURM_ARRAY_TASK_ID: task }).status).toBe(0)
    expect(gradedIn(dir).sort()).toEqual([...few].sort())
    expect(readdirSync(join(dir, 'results'))).toHaveLength(few.length)
  })

  test('a bad mark is no failure of the task, a missing grade.json is', () => {
    const dir = place()
    const script = jobFor(clusters.slurm, options)
    expect(run(dir, script, 0).status).toBe(0)
    expect(run(dir, script, 0, { LOSE: '1' }).status).toBe(1)
  })

  test('the collection knows which names were to be graded', () => {
    const dir = place()
    run(dir, jobFor(clusters.slurm, options), 'collect')
    const expected = fromBytes(readFileSync(join(dir, 'results/submissions'))).split('\0')
    expect(expected).toEqual([...names, ''])
    expect(readFileSync(join(dir, 'calls'), 'utf8')).toContain(`--collect\0${dir}/results`)
  })

  test('without a task it says how it is called, and grades nothing', () => {
    const dir = place()
    const { status, stderr } = run(dir, jobFor(clusters.slurm, options), '')
    expect([status, stderr]).toEqual([2, expect.stringContaining('SLURM_ARRAY_TASK_ID=0 bash')])
    expect(existsSync(join(dir, 'calls'))).toBe(false)
  })
})

describe.each(Object.entries(clusters))('the job for %s', (_, cluster) => {
  test('has no expression that a name has put into it', () => {
    const ours = jobFor(cluster, { ...options, names: ['ada'], tasks: 1 })
    const expressions = (text: string) => new Set(text.match(/\$\{\{.*?\}\}|\$\(.*?\)/g))
    expect(expressions(jobFor(cluster, { ...options, tasks: 1 }))).toEqual(expressions(ours))
  })

  test('is printable text, whatever the names are', () => {
    for (const language of ['en', 'zh'] as const) {
      const text = jobFor(cluster, { ...options, say: speaker(language, [catalogue]) })
      expect(text).not.toMatch(/[^\n\p{L}\p{M}\p{N}\p{P}\p{S} ]/u)
      expect(text.split('\n').filter((line) => /^\s*#/.test(line)).length).toBeGreaterThan(10)
    }
  })

  test('has no more tasks than such a cluster takes, and none without a submission', () => {
    const many = Array.from({ length: 12_000 }, (_, at) => `s${at}`)
    const text = jobFor(cluster, { ...options, names: many, tasks: 12_000 })
    expect(text).toContain(`tasks=${cluster.mostTasks}\n`)
    expect(() => jobFor(cluster, { ...options, names: [] })).toThrow('no submission')
  })
})

test('a word for bash is read back as it was', () => {
  const script = `printf '%s\\0' ${names.map((name) => bashWord(name)).join(' ')}`
  expect(fromBytes(spawnSync('bash', ['-c', script]).stdout).split('\0')).toEqual([...names, ''])
})
