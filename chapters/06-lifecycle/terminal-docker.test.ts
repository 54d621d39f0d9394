/** Tests. `run` with -i, -t, -a and -d on a real terminal, beside a real dockerd. */
import { expect, test, type TestContext } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { dockerClient, dockerd } from '../../test/dockerd.ts'
import { onTerminal } from '../../test/on-terminal.ts'
import { needs } from '../../test/scratch.ts'
import { program } from '../../test/stepbox.ts'

const inputs = ['', '-i', '-t', '-it']

/**
 * Left out: `-a stdin` alone, with which Docker prints the id and waits, and Stepbox says what is
 * missing; and a terminal for input that is a pipe, which both refuse, each in its own words.
 */
const outputs = ['', '-a stdout', '-a stderr', '-a stdin -a stdout', '-d']

/** What becomes of the words of a command, for a shell. */
const places: Record<string, (run: string) => string> = {
  'on a terminal': (run) => run,
  'input from a pipe': (run) => `echo in | ${run}`,
  'output to a pipe': (run) => `{ ${run}; echo "code $?" >&2; } | cat`,
}

interface Case {
  place: string
  flags: string
}

const cases: Case[] = [
  ...inputs.flatMap((input) =>
    outputs.map((output) => ({ place: 'on a terminal', flags: `${input} ${output}` })),
  ),
  ...['', '-i', '-i -a stdin -a stdout'].map((flags) => ({ place: 'input from a pipe', flags })),
  ...inputs.map((flags) => ({ place: 'output to a pipe', flags })),
]

/** Without -i, or with -d, the test types nothing: a command that reads would not end. */
function scriptFor(flags: string): string {
  const reads = !/-t|-d/.test(flags) || (flags.includes('-it') && !flags.includes('-d'))
  return `echo out; echo err >&2; ${reads ? 'read x; echo got-$x; ' : ''}exit 3`
}

/** What Docker's client says of a container that ended before it got the terminal's size. */
const tooLate = 'failed to resize tty, using default size\n'

/** The exit code, the lines that are shown in any order, and the terminal afterwards. */
async function seen(run: string, { place, flags }: Case, env: Record<string, string>) {
  const words = `${run} run --rm --network none ${flags} busybox sh -c '${scriptFor(flags)}'`
  const at = onTerminal(places[place]?.(words) ?? '', env)
  at.type('in\n')
  const { code, shown, isAsBefore } = await at.ended
  const lines = shown.replace(tooLate, '').replace(/[0-9a-f]{64}/, 'ID').trim().split('\n')
  return { code, lines: lines.sort(), isAsBefore }
}

/** The containers of both programs, and how each is called. */
async function both(context: TestContext) {
  needs(context, 'util-linux-script')
  const { host } = await dockerd(context)
  const root = await rootWithBusybox()
  return [
    { run: dockerClient, env: { DOCKER_HOST: host, HOME: root } },
    { run: `node ${program}`, env: { STEPBOX_ROOT: root } },
  ] as const
}

/** Some at a time: each is a client, a shim and a runc, or two processes of ours. */
async function forEach<T>(all: T[], work: (each: T) => Promise<void>): Promise<void> {
  const atOnce = 7
  for (let at = 0; at < all.length; at += atOnce)
    await Promise.all(all.slice(at, at + atOnce).map(work))
}

test('each combination shows, reads and ends as with Docker', async (context) => {
  const [theirs, ours] = await both(context)
  await forEach(cases, async (each) => {
    const found = await Promise.all(
      [theirs, ours].map(({ run, env }) => seen(run, each, env)),
    )
    expect([each, found[1]]).toEqual([each, found[0]])
    expect([each, found[1]?.isAsBefore]).toEqual([each, true])
  })
}, 120_000)

test('keys that are signals arrive as with Docker, and stop no job', async (context) => {
  const programs = await both(context)
  const traps = 'trap "echo int; exit 5" INT; trap "echo tstp" TSTP; echo ready'
  const script = `sh -c '${traps}; while :; do sleep 0.05; done'`
  await forEach(inputs, async (flags) => {
    const found = await Promise.all(
      programs.map(async ({ run, env }) => {
        const at = onTerminal(`${run} run --rm --network none ${flags} busybox ${script}`, env)
        await at.shows('ready\n')
        at.type('\x1a')
        await at.shows('tstp')
        at.type('\x03')
        const { code, shown, isAsBefore } = await at.ended
        return { code, shown: shown.replace(/\^[CZ]/g, ''), isAsBefore }
      }),
    )
    expect([flags, found[1]]).toEqual([flags, found[0]])
    expect(found[1]).toEqual({ code: 5, shown: 'ready\ntstp\nint\n', isAsBefore: true })
  })
}, 120_000)
