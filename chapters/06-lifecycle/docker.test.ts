/** Tests: the same lines, typed into a real dockerd and into ours. */
import { expect, test } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { dockerd } from '../../test/dockerd.ts'
import { stepbox, type Ended } from '../../test/stepbox.ts'

type Typed = (...words: string[]) => Promise<Pick<Ended, 'code' | 'out' | 'err'>>

const run = 'run -d --network none --name'
const create = 'create --network none --name'
const ps = 'ps -a --format {{.Names}}:{{.State}}:{{.Status}}'
const state = '{{.Status}} {{.Running}} {{.Paused}} {{.Restarting}} {{.ExitCode}}'
const inspect = `inspect -f {{with|.State}}${state.replaceAll(' ', '|')}{{end}}`

/**
 * `|` is a blank in a word. `~exited aa`: wait until aa is; `~aa`: until it is gone; `~says aa`:
 * until it has said something.
 */
const lines = [
  `${create} aa busybox sleep 1000`,
  ps,
  ...['wait aa', 'stop aa', 'kill aa', 'pause aa', 'unpause aa', 'rename aa aa', 'start aa'],
  ...['start aa', 'rm aa', 'pause aa', 'pause aa', 'start aa', 'rm aa', ps, `${inspect} aa`],
  ...['restart -t 0 aa', ps, 'unpause aa', 'pause aa', 'stop -t 0 aa', ps, `${inspect} aa`],
  ...['start aa', 'pause aa', 'kill -s HUP aa', '~running aa', ps, 'kill aa', ps, 'kill aa'],
  'wait aa',
  ...['start nosuch aa', 'stop nosuch aa -t 0', 'kill -s FOO aa', 'kill -s 0 aa', 'stop -t x aa'],
  ...['rename aa bb', ps, 'rename bb aa', 'rename nosuch x', 'rename aa a/b'],
  `${create} aa busybox true`,
  `${create} no busybox nosuch`,
  ...['start no', ps, `${inspect} no`, 'wait no', 'restart no', 'start no', 'rm no'],
  `create --rm --network none --name rmd busybox sleep 1000`,
  ...['start rmd', 'restart -t 0 rmd', ps, 'stop -t 0 rmd', '~rmd', ps],
  `${run} end --restart always busybox sh -c trap|"exit|5"|HUP;echo|x;sleep|1000&wait`,
  ...['~says end', 'kill -s HUP end', '~exited end', `${inspect} end`, 'wait end', 'rm end'],
  `${run} sig --restart always --stop-signal HUP busybox sh -c sleep|1000&trap|"exit|6"|USR1;wait`,
  ...['kill -s USR1 sig', '~running sig', 'stop -t 0 sig', '~exited sig', 'rm sig'],
  `${run} rr --restart always busybox sh -c exit|137`,
  ...['wait rr', 'start rr', 'rm rr', 'kill rr', '~exited rr', `${inspect} rr`, 'rm rr'],
  'create --restart foo busybox true',
  'create --restart always --rm busybox true',
  'create --stop-timeout x busybox true',
  'create --stop-signal FOO busybox true',
  'create --label =x busybox true',
  'create --label-file /nosuch busybox true',
  'create --cidfile /dev/null busybox true',
  'run --cidfile /dev/null --network none busybox true',
  ...['update --restart foo aa', 'update --restart always:3 aa', 'update --restart no nosuch aa'],
  'create --name lab --stop-signal 15 --stop-timeout 3 -l q=1 -l q=2 -l r --init busybox true',
  'inspect -f {{json|.Config.Labels}}{{.Config.StopSignal}}{{.Config.StopTimeout}} lab',
  'inspect -f {{json|.HostConfig.RestartPolicy}}{{json|.HostConfig.LogConfig}} lab',
  'inspect -f {{.HostConfig.Init}}{{.HostConfig.AutoRemove}}{{.Config.AttachStdout}} lab',
  ...['ps -aq --filter label=q=1', 'container prune -f --filter label=q=2', ps],
  ...['container prune -f', 'container prune -f', ps],
]

/** What differs by its nature: ids, ages, and sizes of layers. */
function alike(text: string): string {
  return text
    .replaceAll(/\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g, 'ID')
    .replaceAll(/\b(About an? \w+|Less than a second|\d+ seconds?)\b/g, 'AGE')
    .replaceAll(/space: .*/g, 'space')
}

async function answers(type: Typed): Promise<string[]> {
  const found: string[] = []
  for (const line of lines) {
    const words = line.split(' ').map((word) => word.replaceAll('|', ' '))
    if (line.startsWith('~')) await isSo(type, line.slice(1).split(' '))
    else found.push(described(line, await type(...words)))
  }
  return found
}

async function isSo(type: Typed, words: string[]): Promise<void> {
  const [name = '', status] = words.toReversed()
  if (status === 'says') {
    while ((await type('logs', name)).out === '') continue
    return
  }
  const filters = ['--filter', `name=${name}`, ...(status ? ['--filter', `status=${status}`] : [])]
  while (((await type('ps', '-aq', ...filters)).out === '') === (status !== undefined))
    await new Promise((resolve) => setTimeout(resolve, 20))
}

/** The words of an error are each program's own. */
function described(line: string, { code, out, err }: Awaited<ReturnType<Typed>>): string {
  const said = alike(out).trim().split('\n').sort().join('\n  ')
  return `${line} = ${code}${err === '' ? '' : ', an error'}\n  ${said}`
}

test('states, exit codes and what is printed are those of Docker', async (context) => {
  const { docker } = await dockerd(context)
  const root = await rootWithBusybox()
  const [theirs, ours] = await Promise.all([
    answers(docker),
    answers((...words) => stepbox(words, { root })),
  ])
  expect(ours).toEqual(theirs)
}, 120_000)
