/** Tests: what is typed wrong is one clear line, with Docker's exit code, and changes nothing. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

/** What is typed, the line that is said, and the exit code: Docker's, as docker.test.ts shows. */
type Mistake = [typed: string, line: RegExp, code: number]

const ofNames = 'start stop restart kill pause unpause wait logs'.split(' ').map(
  (command): Mistake => [`${command} nosuch`, /^no container named 'nosuch'; have: run, new$/, 1],
)
const ofNothing = 'start stop restart kill pause unpause wait rename update logs'
  .split(' ')
  .map((command): Mistake => [command, /^too few arguments; /, 125])
const ofMuch = ['logs run new', 'rename run a b', 'container prune -f x', 'events run'].map(
  (typed): Mistake => [typed, /^too many arguments; usage: stepbox /, 125],
)
/** Each of `values` where `typed` has VALUE. */
const each = (typed: string, values: string, [line, code]: readonly [RegExp, number]) =>
  values.split(' ').map((value): Mistake => [typed.replace('VALUE', value), line, code])

const signal = [/^invalid signal '\S+': a name such as TERM, or a number up to 64$/, 1] as const
const time = [/^invalid value '\S+' for --\S+: a whole number of seconds$/, 125] as const
const policy = [/^invalid restart policy '\S+': no, on-failure\[:N\], always or un/, 1] as const
const when = [/^invalid value '\S+' for --(since|until): 2013-01-02T13:23:37Z, sec/, 1] as const
const lines = [/^invalid value '\S+' for --tail: a number of lines, or all$/, 1] as const
const size = [/^invalid value '\S+' for --memory: a size, as 64m: a number and b, k/, 1] as const
const option = [/^invalid --log-opt '\S+': (a size, |a number |the driver js)/, 125] as const
const filter = [/^invalid --filter '\S+': KEY=VALUE with container, event, image, /, 125] as const
const template = [/^invalid --format: template: /, 125] as const
const field = [/^template: 1:2: at <\S+>: no field Nope; have: /, 1] as const
const ofValues = [
  ...each('logs --since VALUE run', 'foo 10x 5h3 2026-13-01', when),
  ...each('logs --until VALUE run', 'foo', when),
  ...each('events --until 0s --since VALUE', 'foo 1y', when),
  ...each('events --until VALUE', 'foo', when),
  ...each('logs -n VALUE run', 'x 1.5', lines),
  ...each('update --memory VALUE run', 'x 5q', size),
  ...each('create --log-opt VALUE busybox', 'max-size=x max-size=-1 max-file=0 a=1 b', option),
  ...each('events --until 0s --filter VALUE', 'foo=bar type', filter),
  ...each('events --until 0s --format VALUE', '{{.Action {{nope}}', template),
  ...each('ps --format VALUE', '{{.ID {{nope}}', template),
  ...each('inspect -f VALUE run', '{{.State {{end}}', template),
  ...each('ps --format VALUE', '{{.Nope}}', field),
  ...each('kill -s VALUE run', 'FOO 0 65 -1 SIGSIG RTMIN+40', signal),
  ...each('stop -s VALUE run', 'FOO', signal),
  ...each('create --stop-signal VALUE busybox true', 'FOO', signal),
  ...each('stop -t VALUE run', 'x 1.5 -2 10s 9999999999', time),
  ...each('restart --time VALUE run', 'x', time),
  ...each('create --stop-timeout VALUE busybox true', 'x', time),
  ...each('update --restart VALUE run', 'foo always:3 on-failure:x on-failure:-1 no:1', policy),
  ...each('create --restart VALUE busybox true', 'foo ALWAYS', policy),
]
const mistakes: Mistake[] = [
  ...[...ofNames, ...ofNothing, ...ofMuch, ...ofValues],
  ['start -a new run', /^you cannot start and attach multiple containers at once$/, 1],
  ['start --restart-policy run', /^--restart-policy says which ones are started: it takes/, 125],
  ['start --unit', /^--unit is about --restart-policy: start --restart-policy --unit$/, 125],
  ['events --since 0s --until 1h', /^--since, \S+, is after --until, \S+$/, 1],
  ['events --filter type=foo --until 0s', /^invalid --filter 'type=foo': container, image/, 125],
  ['create --log-driver foo busybox', /^unknown log driver 'foo': json-file, local or none$/, 125],
  ['create --log-driver none --log-opt max-size=1m busybox', /^invalid --log-opt 'max-/, 125],
  ['create --annotation =x busybox', /^invalid --annotation '=x': KEY=VALUE, and KEY is not/, 125],
  ['run --sig-proxy=x busybox true', /^invalid value 'x' for --sig-proxy: true or false$/, 125],
  ['run -a foo busybox true', /^invalid --attach 'foo': stdin, stdout or stderr$/, 125],
  ['run -d -a stdout busybox true', /^--attach and --detach contradict each other: choose/, 125],
  ['ps --filter before=nosuch', /^no container named 'nosuch'; have: run, new$/, 1],
  ['rm run', /^container 'run' is running; stop it, or use rm -f to kill it$/, 1],
  ['kill new', /^container 'new' is not running$/, 1],
  ['pause new', /^container 'new' is not running$/, 1],
  ['unpause new', /^container 'new' is not paused$/, 1],
  ['unpause run', /^container 'run' is not paused$/, 1],
  ['rename run', /^too few arguments; usage: stepbox rename CONTAINER NAME$/, 125],
  ['rename run new', /^the name 'new' is in use by container [0-9a-f]{12}$/, 1],
  ['rename run run', /^container 'run' has that name already$/, 1],
  ['rename run a/b', /^invalid name 'a\/b': letters, digits, '_', '\.', '-', a letter or /, 1],
  ['rename nosuch x', /^no container named 'nosuch'; have: run, new$/, 1],
  ['create nosuch', /^no image named 'nosuch'; have: busybox:latest$/, 1],
  ['create --name run busybox', /^the name 'run' is in use by container [0-9a-f]{12}$/, 1],
  ['create --label =x busybox', /^invalid --label '=x': KEY=VALUE, and KEY is not empty$/, 125],
  ['create --label-file /no busybox', /^cannot read the label file \/no: ENOENT$/, 125],
  ['create --cidfile /dev/null busybox', /^the file for its id is there already: \/dev\/nu/, 1],
  ['run --cidfile /no/f busybox true', /^cannot write the id to \/no\/f: ENOENT$/, 125],
  ['create --restart always --rm busybox', /^--restart starts it again, and --rm removes/, 125],
  ['update run', /^nothing to change: give one or more flags, as --memory 64m$/, 125],
  ['update --restart no nosuch', /^no container named 'nosuch'; have: run, new$/, 1],
  ['container prune -f --filter foo=bar', /^invalid --filter 'foo=bar': KEY=VALUE with lab/, 125],
  ['container prune -f --filter until=x', /^invalid --filter 'until=x': a duration such as/, 125],
  ['ps -a --filter status=foo', /^invalid --filter 'status=foo': created, restarting, runn/, 125],
]

async function oneOfEach(context: TestContext): Promise<string> {
  needs(context, 'root', 'overlay', 'cgroup-freezer')
  const root = await rootWithBusybox()
  const create = ['create', '--name', 'new', 'busybox', 'true']
  expect(await stepbox(create, { root })).toMatchObject({ code: 0, err: '' })
  const run = ['run', '-d', '--name', 'run', 'busybox', 'sleep', '1000']
  expect(await stepbox(run, { root })).toMatchObject({ code: 0, err: '' })
  return root
}

async function states(root: string): Promise<string> {
  const format = '{{.ID}} {{.Names}} {{.State}} {{.Labels}}'
  return (await stepbox(['ps', '-a', '--no-trunc', '--format', format], { root })).out
}

const slow = { timeout: 60_000 }

test('a mistake is one line, with the exit code that Docker has for it', slow, async (context) => {
  const root = await oneOfEach(context)
  const before = await states(root)
  const wrong: object[] = []
  for (let at = 0; at < mistakes.length; at += 4)
    await Promise.all(
      mistakes.slice(at, at + 4).map(async ([typed, line, code]) => {
        const ended = await stepbox(typed.split(' '), { root })
        const [first = '', ...more] = ended.err.replace(/^stepbox: /, '').split('\n')
        const isPointer = (text: string) => /^( {2}\S.*|See 'stepbox .*--help'\.|)$/.test(text)
        const isRight = ended.code === code && line.test(first) && more.every(isPointer)
        if (!isRight || ended.out !== '') wrong.push({ typed, ...ended })
      }),
    )
  expect(wrong).toEqual([])
  expect(await states(root)).toBe(before)
  expect(readdirSync(join(root, 'containers'))).toHaveLength(2)
})

describe('several containers', () => {
  test('are each done, or say why not; the exit code is 1 then', async (context) => {
    const root = await oneOfEach(context)
    const ended = await stepbox(['pause', 'nosuch', 'new', 'run'], { root })
    expect(ended).toMatchObject({ code: 1, out: 'run\n' })
    expect(ended.err).toMatch(/no container named 'nosuch'.*\n(.*\n)*.*'new' is not running/)
  })

  test('may be the same one twice: each time it is said how that went', async (context) => {
    const root = await oneOfEach(context)
    await stepbox(['pause', 'run'], { root })
    const ended = await stepbox(['kill', 'run', 'run'], { root })
    const isLate = ended.err !== '' // by then it has ended
    expect(ended.out).toBe(isLate ? 'run\n' : 'run\nrun\n')
    expect(ended.err).toBe(isLate ? "stepbox: container 'run' is not running\n" : '')
    expect(ended.code).toBe(isLate ? 1 : 0)
  })

  test('of which an id begins the same are not guessed at', async (context) => {
    const root = await oneOfEach(context)
    const twice = () => {
      const first = readdirSync(join(root, 'containers')).map((id) => id[0] ?? '')
      return first.find((digit, at) => first.indexOf(digit) !== at)
    }
    while (twice() === undefined) await stepbox(['create', 'busybox', 'true'], { root })
    const ended = await stepbox(['stop', twice() ?? ''], { root })
    expect(ended.err).toMatch(/^stepbox: '.' is the beginning of \d+ container ids; give more/)
    expect(ended.code).toBe(1)
  })
})

test('a file for the id that is there stays as it is, and nothing is made', async (context) => {
  const root = await oneOfEach(context)
  const file = join(root, 'tmp/id')
  const create = ['create', '--cidfile', file, 'busybox', 'true']
  const first = await stepbox(create, { root })
  expect(first.code).toBe(0)
  expect((await stepbox(create, { root })).code).toBe(1)
  expect((await stepbox(['run', ...create.slice(1)], { root })).code).toBe(125)
  expect(existsSync(file)).toBe(true)
  expect(readdirSync(join(root, 'containers'))).toHaveLength(3)
})
