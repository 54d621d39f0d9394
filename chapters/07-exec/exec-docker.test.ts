/** Tests. What is typed after `exec` means what it means to Docker, beside a real dockerd. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { dockerd } from '../../test/dockerd.ts'
import { scratch } from '../../test/scratch.ts'
import { program } from '../../test/stepbox.ts'

/** The same of both: a container, and what it was given. */
const given = ['--network', 'none', '--hostname', 'here', '-e', 'FOO=bar', '-w', '/tmp']
const script = 'echo late:x:7:8::/srv: >> /etc/passwd; exec sleep 1000'

const id = 'id | sed "s/groups=.*77.*/in 77/; s/[^ ]*$//"'
const environment = 'env | grep -v -e ^PWD -e ^SHLVL -e ^OLDPWD | sort'
const sh = (line: string) => ['box', 'sh', '-c', line]

const variables = 'A=1\n# no\n\nFOO=z\nHOSTNAME\nPATH\nB=2 3'

/** What is typed, and the input. FILE has variables. */
const all: [args: string[], input?: string][] = [
  [sh(environment)],
  [['-t', ...sh(environment)]],
  [['-e', 'A=1', '-e', 'FOO=x', '-u', '1000:2000', ...sh(environment)]],
  [['-e', 'TERM=vt100', '-e', 'HOME=/x', '-e', 'HOSTNAME', '-e', 'FOO=', ...sh(environment)]],
  [['-e', 'PATH=/nope', 'box', '/bin/echo', 'in']],
  [['-e', '', 'box', 'true']],
  [['-e', '=x', 'box', 'true']],
  [['--env-file', 'FILE', ...sh(environment)]],
  [['--env-file', 'FILE', '-e', 'A=2', '-e', 'C', ...sh(environment)]],
  [['--env-file', '/nope', 'box', 'true']],
  [['-u', '0', ...sh(id)]],
  [['-u', 'root:0', ...sh(id)]],
  [['-u', '5', ...sh(id)]],
  [['-u', 'late', ...sh(`${id}; echo $HOME`)]],
  [['-u', ':9', ...sh(id)]],
  [['-u', 'nope', ...sh(id)]],
  [['-u', '1:nope', ...sh(id)]],
  [['-u', '-1', ...sh(id)]],
  [['-u', '99999999999', ...sh(id)]],
  [sh('pwd; umask')],
  [['-w', '/etc/../var/', ...sh('pwd')]],
  [['-w', '', ...sh('pwd')]],
  [['-w', '/nope', ...sh('pwd')]],
  [['-w', 'tmp', ...sh('pwd')]],
  [['-w', '/etc/passwd', ...sh('pwd')]],
  [['-w', '/proc/self/fd/7', ...sh('pwd')]],
  [['box', '/etc/passwd']],
  [['box', '/etc']],
  [['--', 'box', 'echo', 'x']],
  [['--nope', 'box', 'true']],
  [['nope', 'true']],
  [sh('exit 42')],
  [sh('kill -9 $$')],
  [sh('kill -TERM $$')],
  [['-i', 'box', 'cat'], 'hello\n'],
  [['box', 'cat'], 'hello\n'],
  [['-i', 'box', 'true'], 'hello\n'],
  [['-it', 'box', 'true'], ''],
  [['-t', ...sh('tty; echo out; echo err >&2')]],
  [sh('readlink /proc/self/fd/0')],
  [['-d', 'box', 'true']],
  [['-d', 'box', 'nope']],
  [['-dit', 'box', 'true']],
  [['--detach=maybe', 'box', 'true']],
  [['stopped', 'true']],
  [['new', 'true']],
  [['paused', 'true']],
  [['-d', 'paused', 'true']],
]

interface Answer {
  code: number | null
  out: string
}

test('each exec shows the same, and ends with the same code', async (context) => {
  const { docker, exec } = await both(context)
  const told = ([args, input]: (typeof all)[number]) => async (type: Type) => {
    const { code, out } = await type(['exec', ...args], input)
    // Docker says on standard output why it cannot be executed.
    return `${args.join(' ')}: ${code} ${code === 126 ? '' : JSON.stringify(out)}`
  }
  const answers = async (type: Type) => {
    const found: string[] = []
    for (const each of all) found.push(await told(each)(type))
    return found
  }
  const [theirs, ours] = await Promise.all([answers(docker), answers(exec)])
  expect(ours).toEqual(theirs)
  // As `run` has it, and Docker from version 25 on.
  const missing = ['exec', 'box', 'nope']
  expect([(await docker(missing)).code, (await exec(missing)).code]).toEqual([126, 127])
}, 240_000)

type Type = (args: string[], input?: string) => Promise<Answer>

/** Containers with the same names in a dockerd and in Stepbox, in each of the states. */
async function both(context: TestContext): Promise<{ docker: Type; exec: Type }> {
  const { host } = await dockerd(context)
  const root = await rootWithBusybox()
  const { PATH } = process.env
  const file = join(scratch(), 'variables')
  writeFileSync(file, variables)
  const filled = (args: string[]) => args.map((word) => (word === 'FILE' ? file : word))
  const docker: Type = (args, input) =>
    piped('docker', ['-H', host, ...filled(args)], { env: { PATH, HOME: root }, input })
  const ours = ['--', program, '--root', root]
  const exec: Type = (args, input) =>
    piped(process.execPath, [...ours, ...filled(args)], { env: { PATH }, input })
  const prepare = async (type: Type) => {
    const name = (text: string) => ['--name', text, ...given, 'busybox']
    await type(['run', '-d', '--group-add', '77', ...name('box'), 'sh', '-c', script])
    await type(['create', ...name('new'), 'true'])
    await type(['run', ...name('stopped'), 'true'])
    await type(['run', '-d', ...name('paused'), 'sleep', '1000'])
    await type(['pause', 'paused'])
    while ((await type(['exec', 'box', 'grep', '-c', 'late', '/etc/passwd'])).out !== '1\n');
  }
  await Promise.all([prepare(docker), prepare(exec)])
  return { docker, exec }
}

interface Setting {
  env: NodeJS.ProcessEnv
  input: string | undefined
}

/** A command to its end. Its input is a pipe, or nothing. */
function piped(file: string, args: string[], { env, input }: Setting): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stdin = input === undefined ? 'ignore' : 'pipe'
    const child = spawn(file, args, { env, stdio: [stdin, 'pipe', 'ignore'] })
    let out = ''
    child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stdin?.on('error', () => {}) // ignoring: it may end without reading
    child.stdin?.end(input)
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out }))
  })
}
