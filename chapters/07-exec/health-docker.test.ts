/** Tests. The same containers, checked by a real dockerd and by our monitors. */
import { expect, test } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { dockerd } from '../../test/dockerd.ts'
import { stepbox, type Ended } from '../../test/stepbox.ts'

type Typed = (...words: string[]) => Promise<Pick<Ended, 'code' | 'out' | 'err'>>

const often = '--health-interval=200ms'

/**
 * What is typed; `|` is a blank in a word. `?NAME=STATUS` waits until its health is that.
 * `=NAME` compares all that is known of the health by then, but for times; `~NAME` does so without
 * the log.
 */
const lines = [
  `run -d --name aa ${often} --health-retries=2 --health-cmd=test|-e|/ok busybox sleep 1000`,
  ...['?aa=unhealthy', 'exec aa touch /ok', '?aa=healthy'],
  ...['exec aa rm /ok', '?aa=unhealthy', '~aa', 'ps aa'],
  ...['pause aa', '?aa=unhealthy', 'ps aa', 'unpause aa', 'exec aa touch /ok', '?aa=healthy'],
  ...['stop -t 0 aa', '~aa', 'start aa', '?aa=healthy', 'rm -f aa'],
  `run -d --name pp ${often} --health-start-period=1s --health-retries=1 --health-cmd=exit|3` +
    ' busybox sleep 1000',
  ...['?pp=starting', '?pp=unhealthy', '=pp', 'rm -f pp'],
  `run -d --name tt ${often} --health-timeout=300ms --health-retries=1 --health-cmd=sleep|100` +
    ' busybox sleep 1000',
  ...['?tt=unhealthy', '=tt', 'rm -f tt'],
  `run -d --name oo ${often} --health-cmd=pwd;id;tty;printf|%05000d|1;cat -w /etc -u 3` +
    ' busybox sleep 1000',
  ...['?oo=healthy', '=oo', 'rm -f oo'],
  `create --name im ${often} --health-cmd=true busybox true`,
  ...['=im', 'ps im', 'commit im one', 'commit -c HEALTHCHECK|NONE im none'],
  `run -d --name ii one sleep 1000`,
  ...['?ii=healthy', '=ii', 'rm -f ii', 'run -d --name ii --no-healthcheck one sleep 1000', '=ii'],
  ...['ps ii', 'rm -f ii', 'run -d --name ii --health-retries=7 none sleep 1000'],
  ...['=ii', 'rm -f ii'],
  ...['5', '5us', '-5s', '1x', '99999999h', '999999ns', '0', '1.5h', '1h1ms'].map(
    (time) => `create --name xx --health-cmd=true --health-interval=${time} busybox true`,
  ),
  ...['--health-retries=-1', '--health-retries=x', '--no-healthcheck', '--health-timeout=1us'].map(
    (flag) => `create --name xx --health-cmd=true ${flag} busybox true`,
  ),
  ...['starting', 'none', 'nix'].map((word) => `filter ${word}`),
]

/** What there is to compare of one line. */
async function answer(type: Typed, line: string): Promise<string> {
  const words = line.split(' ').map((word) => word.replaceAll('|', ' '))
  const [first = '', ...rest] = words
  if (first.startsWith('?')) return waited(type, first)
  if (first.startsWith('=')) return known(type, first.slice(1))
  if (first.startsWith('~')) return (await known(type, first.slice(1))).replace(/"Log.*/, '')
  const ps = ['ps', '-a', '--format', '{{.Names}} {{.Status}}', '-f']
  if (first === 'ps') return named(await type(...ps, `name=${rest[0]}`))
  if (first === 'filter') return named(await type(...ps, `health=${rest[0]}`))
  const isFresh = first === 'run' || first === 'create'
  const { code } = await type(first, ...(isFresh ? ['--network', 'none'] : []), ...rest)
  if (rest.includes('xx') && code === 0) {
    const found = await known(type, 'xx')
    await type('rm', 'xx')
    return found
  }
  return String(code)
}

const changed = '{{.Action}} {{.Actor.Attributes.name}}'

async function waited(type: Typed, words: string): Promise<string> {
  const [, name = '', wanted = ''] = /^\?(\w+)=(.*)$/.exec(words) ?? []
  for (;;) {
    const { out } = await type('inspect', '-f', '{{.State.Health.Status}}', name)
    if (out.trim() === wanted) return 'so it is'
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The settings, and what was found: of equal results in a row, one. */
async function known(type: Typed, name: string): Promise<string> {
  const format = '{{json .Config.Healthcheck}} {{json .State.Health}}'
  const { out } = await type('inspect', '-f', format, name)
  const alike = out.trim().replaceAll(/"(Start|End)":"[^"]*"/g, '"$1":""')
  return alike
    .replaceAll(/(\{"Start"[^}]*\})(?:,\1)*/g, '$1')
    .replace(/Streak":[1-9]\d*/, 'Streak":some')
}

function named({ code, out }: Pick<Ended, 'code' | 'out'>): string {
  const ages = /Less than a second|About a minute|\d+ seconds?/g
  return code === 0 ? out.replaceAll(ages, 'a while') : 'refused'
}

test('the health of containers is what Docker says it is', async (context) => {
  const { docker } = await dockerd(context)
  const root = await rootWithBusybox()
  const ours: Typed = (...words) => stepbox(words, { root })
  const all = async (type: Typed) => {
    const answers: string[] = []
    const since = String(Date.now() / 1000)
    for (const line of lines) answers.push(`${line}: ${await answer(type, line)}`)
    const period = ['--since', since, '--until', String(Date.now() / 1000)]
    const changes = ['-f', 'event=health_status', '--format', changed]
    const { out } = await type('events', ...period, ...changes)
    return [...answers, ...out.split('\n')]
  }
  const [theirs, own] = await Promise.all([all(docker), all(ours)])
  expect(own).toEqual(theirs)
}, 240_000)
