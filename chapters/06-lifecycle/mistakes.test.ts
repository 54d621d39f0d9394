/** Tests: what is typed wrong is one clear line, with Docker's exit code, and changes nothing. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

/** What is typed, the line that is said, and the exit code: Docker's, as docker.test.ts shows. */
type Mistake = [typed: string, line: RegExp, code: number]

const ofNames = 'start stop restart kill pause unpause wait'.split(' ').map(
  (command): Mistake => [`${command} nosuch`, /^no container named 'nosuch'; have: run, new$/, 1],
)
const ofNothing = ['start', 'wait'].map(
  (command): Mistake => [command, /^too few arguments; /, 125],
)
/** Each of `values` where `typed` has VALUE. */
const each = (typed: string, values: string, [line, code]: readonly [RegExp, number]) =>
  values.split(' ').map((value): Mistake => [typed.replace('VALUE', value), line, code])

const signal = [/^invalid signal '\S+': a name such as TERM, or a number up to 64$/, 1] as const
const time = [/^invalid value '\S+' for --\S+: a whole number of seconds$/, 125] as const
const policy = [/^invalid restart policy '\S+': no, on-failure\[:N\], always or un/, 1] as const
const ofValues = [
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
  ...[...ofNames, ...ofNothing, ...ofValues],
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
