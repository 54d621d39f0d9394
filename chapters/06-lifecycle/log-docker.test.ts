/** Tests. The same containers in Docker and here: their logs have the same records, and `logs`
 * prints them in the same way. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { dockerd } from '../../test/dockerd.ts'
import { stepbox, type Ended } from '../../test/stepbox.ts'

const escapes = String.raw`a"b\\\t<x>&\r\001\033\177\b\f\303\251\342\200\250\360\237\230\200`

/** Flags of `run`, and the script of a shell; each stream is written at once. */
const containers: Record<string, [flags: string, script: string]> = {
  five: ['', 'seq 5'],
  apart: ['', 'echo out; echo; printf end; echo err >&2; printf end >&2'],
  odd: ['', `printf '${escapes}\\n'`],
  long: ['', "z() { head -c $1 /dev/zero | tr '\\0' x; echo; }; z 40000; z 16384; z 16383"],
  kept: ['--log-opt labels=app,x --log-opt env=B -l app=a<b -e B=é% -e C=2', 'echo; printf end'],
  bounded: ['--log-driver local --log-opt max-size=1m', 'echo hi; printf end'],
  terminal: ['-t', 'echo hi'],
  silent: ['--log-driver none', 'echo hi'],
}

/** What is typed after `logs`. */
const typed = [
  ...['five', '-n 2 five', '--tail 0 five', '-n +1 five', '-n -1 five', '-n all five', '-t five'],
  ...['--details five', '--since 1h five', '--until 1h five', '--since 2013-01-02T15:04 five'],
  ...['--until 0 five', '-f five', '-f --until 1 five', '--since 99999999999 five', 'apart'],
  ...['-t apart', 'odd', 'long', '-t long', '-n 1 long', 'kept', '--details kept'],
  ...['-t --details kept', 'bounded', '-t bounded', 'terminal', 'silent', 'nosuch'],
  ...['--since abc five', '--until 2013-13-02 five', '--since 1d five', '--nix five'],
]

type Said = Pick<Ended, 'code' | 'out' | 'err'>
type Run = (...args: string[]) => Promise<Said>

async function runAll(run: Run, more: string[]): Promise<void> {
  for (const [name, [flags, script]] of Object.entries(containers))
    await run('run', ...more, ...wordsOf(flags), '--name', name, 'busybox', 'sh', '-c', script)
}

/** What is printed for each line that is typed; of an error, the exit code alone. */
async function logsOf(run: Run): Promise<Record<string, Said>> {
  const found: Record<string, Said> = {}
  for (const line of typed) {
    const { code, out, err } = await run('logs', ...wordsOf(line))
    found[line] = { code, out: timeless(out), err: code === 0 ? timeless(err) : '' }
  }
  return found
}

function wordsOf(line: string): string[] {
  return line === '' ? [] : line.split(' ')
}

function timeless(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}Z/g, 'T')
}

/** The records of a stream, but for their times. */
function recordsIn(file: string): string[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const records = lines.map((line) => line.replace(/"[\dT:-]{19}(?:\.\d{0,8}[1-9])?Z"/, 'T'))
  const [out, err] = ['stdout', 'stderr'].map((stream) =>
    records.filter((each) => each.includes(`"stream":"${stream}"`)),
  )
  return [...(out ?? []), ...(err ?? [])]
}

test("records, and what logs prints of them, are Docker's", async (context) => {
  const { docker, data } = await dockerd(context)
  const root = await rootWithBusybox()
  const run: Run = (...args) => stepbox(args, { root })
  await Promise.all([runAll(docker, ['--network', 'none']), runAll(run, [])])
  for (const name of ['five', 'apart', 'odd', 'long', 'kept', 'terminal']) {
    const [theirs, ours] = await Promise.all(
      [docker, run].map(async (each) => (await each('inspect', '-f', '{{.Id}}', name)).out.trim()),
    )
    const fileOf = (place: string, id = '') => join(place, 'containers', id, `${id}-json.log`)
    expect(recordsIn(fileOf(root, ours))).toEqual(recordsIn(fileOf(data, theirs)))
  }
  const [theirs, ours] = await Promise.all([logsOf(docker), logsOf(run)])
  expect(ours).toEqual(theirs)
}, 120_000)
