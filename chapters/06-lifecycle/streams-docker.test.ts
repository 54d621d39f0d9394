/** Tests. What `run` shows and reads with -i, -t and -a, beside a real dockerd. */
import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { dockerd } from '../../test/dockerd.ts'
import { program } from '../../test/stepbox.ts'

const inputs = ['', '-i', '-t', '-it']
const outputs = ['', '-a stdout', '-a stderr', '-a stdout -a stderr', '-a stdin -a stdout']
/** A terminal without input would be waited for. */
const scriptFor = (flags: string) =>
  `echo out; echo err >&2; ${flags.startsWith('-t') ? '' : 'head -n 1; '}exit 3`

interface Seen {
  code: number | null
  out: string
  err: string
}

/** A command whose input is a pipe with one line, to its end. */
function piped(file: string, args: string[], env: NodeJS.ProcessEnv): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: 'pipe' })
    const seen: Seen = { code: null, out: '', err: '' }
    child.stdout.on('data', (chunk: Buffer) => (seen.out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (seen.err += chunk.toString()))
    child.stdin.on('error', () => {}) // ignoring: it may end without reading
    child.stdin.end('in\n')
    child.on('error', reject)
    child.on('close', (code) => resolve({ ...seen, code }))
  })
}

test('each combination shows, reads and ends as with Docker', async (context) => {
  const { host } = await dockerd(context)
  const root = await rootWithBusybox()
  const { PATH } = process.env
  const all = inputs.flatMap((input) => outputs.map((output) => `${input} ${output}`.trim()))
  const words = (flags: string) => ['run', '--rm', '--network', 'none', ...flags.split(' ')]
  const answers = async (type: (args: string[]) => Promise<Seen>) => {
    const found: string[] = []
    for (const flags of all) {
      const { code, out, err } = await type([
        ...words(flags).filter(Boolean),
        ...['busybox', 'sh', '-c', scriptFor(flags)],
      ])
      // Both refuse -it without a terminal, each in its own words.
      const said = code === 3 ? err : 'refused'
      found.push(`${flags}: ${code === 3 ? code : 'no'} ${JSON.stringify([out, said])}`)
    }
    return found
  }
  const [theirs, ours] = await Promise.all([
    answers((args) => piped('docker', ['-H', host, ...args], { PATH, HOME: root })),
    answers((args) => piped(process.execPath, [program, '--root', root, ...args], { PATH })),
  ])
  expect(ours).toEqual(theirs)
}, 120_000)
