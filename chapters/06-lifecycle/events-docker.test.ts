/** Tests. The same lines, typed into a real dockerd and into ours, have the same events. */
import { expect, test } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { dockerd } from '../../test/dockerd.ts'
import { stepbox, type Ended } from '../../test/stepbox.ts'

type Typed = (...words: string[]) => Promise<Pick<Ended, 'code' | 'out' | 'err'>>

const run = 'run --network none --name'
const deaf = 'sh -c trap|""|TERM|USR2;while|:;do|sleep|1;done'

/**
 * `|` is a blank in a word. `~aa`: wait until it has ended for good; `?aa`: until it is ready. No
 * name that is filtered by can be the beginning of an id, as `bb` can.
 */
const lines = [
  `${run} aa -d -l k=v -l A=b busybox ${deaf}`,
  ...['pause aa', 'unpause aa', 'rename aa bx', 'update --restart always bx'],
  ...['update --restart no bx', 'kill -s USR2 bx', 'restart -t 0 bx', 'stop -t 0 bx', 'start bx'],
  ...['kill bx', 'rm bx'],
  `${run} pp -d busybox sh -c trap|"exit|7"|TERM;echo|ready;while|:;do|sleep|0.01;done`,
  ...['?pp', 'pause pp', 'stop pp', 'rm pp'],
  `${run} fg --rm busybox sh -c exit|3`,
  `${run} of -d --restart on-failure:2 busybox sh -c exit|4`,
  ...['~of', 'rm of', 'create --network none --name sa busybox sh -c exit|6'],
  ...['start -a sa', 'rm sa'],
  `${run} rf -d busybox sleep 1000`,
  ...['rm -f rf', 'start nosuch', 'create --network none --name cc busybox true', 'rm cc'],
  ...['container prune -f', 'rm nosuch', 'stop nosuch'],
  `${run} cm busybox true`,
  ...['commit -m it cm one:1', 'rmi one:1', 'rm cm', 'image prune -f'],
]

/** What is typed after `events`, for the lines, and for parts of them. */
const asked = [
  ...['', '-f container=bx', '-f event=die -f event=kill', '-f label=k -f label=A=b'],
  ...['-f image=busybox -f event=create', '-f type=container -f event=prune'],
  '--format {{.Type}}|{{.Action}}|{{.Status}}|{{.From}}|{{.Actor.Attributes}}|{{.Scope}}',
  '--format {{json|.Actor.Attributes}}',
  ...['-f event=nix', '-f nix', '--since nix', '--format {{.Nix}} -f event=rename'],
]

async function answers(type: Typed): Promise<string[]> {
  const since = String(Date.now() / 1000)
  const words = (line: string) => line.split(' ').map((word) => word.replaceAll('|', ' '))
  const codes: string[] = []
  for (const line of lines)
    if (line.startsWith('~')) await ended(type, line.slice(1))
    else if (line.startsWith('?')) await ready(type, line.slice(1))
    else codes.push(`${line}: ${(await type(...words(line))).code}`)
  const period = ['--since', since, '--until', String(Date.now() / 1000 + 0.1)]
  const found = asked.map(async (flags) => {
    const { code, out } = await type('events', ...period, ...(flags ? words(flags) : []))
    return `${flags}: ${code === 0 ? alike(out) : 'refused'}`
  })
  return [...codes, ...(await Promise.all(found)).flatMap((each) => each.split('\n'))]
}

async function ended(type: Typed, name: string): Promise<void> {
  const flags = ['--filter', `name=${name}`, '--filter', 'status=exited']
  while ((await type('ps', '-aq', ...flags)).out === '')
    await new Promise((resolve) => setTimeout(resolve, 20))
}

async function ready(type: Typed, name: string): Promise<void> {
  while (!(await type('logs', name)).out.includes('ready'))
    await new Promise((resolve) => setTimeout(resolve, 20))
}

/** What differs by its nature. Here an image is always called with its tag; networks come later. */
function alike(out: string): string {
  return out
    .split('\n')
    .filter((line) => !/\bnetwork\b|"type":"null"/.test(line))
    .join('\n')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'ID')
    .replaceAll(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}(Z|[+-]\d\d:\d\d)/gm, 'T')
    .replaceAll('busybox:latest', 'busybox')
    .replaceAll(/reclaimed[=:]\d+/g, 'reclaimed')
    .replaceAll(/sha256:/g, '')
    .trim()
}

test('what happens is told as Docker tells it', async (context) => {
  const { docker } = await dockerd(context)
  const root = await rootWithBusybox()
  const ours: Typed = (...words) => stepbox(words, { root })
  const [theirs, own] = await Promise.all([answers(docker), answers(ours)])
  expect(own).toEqual(theirs)
}, 120_000)
