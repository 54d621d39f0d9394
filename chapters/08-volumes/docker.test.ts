/** Tests: the same mounts, asked of a real dockerd and of ours. */
import { execFile } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { askedMounts } from '../../runtime/08-volumes/flags.ts'
import { makeSource } from '../../runtime/08-volumes/source.ts'
import { dockerClient, dockerd } from '../../test/dockerd.ts'
import { scratch } from '../../test/scratch.ts'
import { stepbox, type Ended } from '../../test/stepbox.ts'

type Typed = (...words: string[]) => Promise<Pick<Ended, 'code' | 'out' | 'err'>>

/** `SRC` is a directory of the host. What is refused before anything is made. */
const refused = [
  ...['-v rel/path:/x', '-v ../x:/x', '-v SRC:x', '-v SRC:/', '-v SRC:/x/..', '-v SRC:/a:xx'],
  ...['-v SRC:/a:ro,rw', '-v SRC:/a:ro:z', '-v /a:ro', '-v SRC:/a -v SRC:/a/', '-v a@b:/a'],
  ...['-v SRC:', '-v SRC:/a:nocopy', '-v vol:/a:rslave', '-v vol:/a:ro,nocopy,nocopy'],
  ...['-v SRC:/a:Z,z', '-v SRC:/a:shared,slave', '-v SRC:/a:private,rprivate', '-v vol::ro'],
  ...['-v SRC:/a -v vol:/a', '--tmpfs /a -v SRC:/a', '--tmpfs a', '--tmpfs /', '--tmpfs='],
  ...['--tmpfs /a:foo', '--tmpfs /a:foo=1', '--tmpfs /a:size'],
  '--mount dst=/a,src=vol --mount type=bind,src=SRC,dst=/a',
  ...[
    ...['', 'type=bind', 'type=bind,source=SRC', 'type=bind,target=/a', 'type=,src=v1,dst=/a'],
    ...['type=bind,source=SRC,target=a', 'type=bind,source=src,target=/a', 'type=bind,src='],
    ...['type=bind,source=./src,target=/a', 'type=bind,source=/nope,target=/a', 'dst=/a,ro'],
    ...['type=bind,src=SRC,dst=/', 'type=foo,source=SRC,target=/a', 'type=npipe,src=x,dst=/a'],
    ...['source=SRC,target=/a', 'src=v1,dst=/a,readonly=maybe', 'src=v1,dst=/a,ro=maybe'],
    ...['src=v1,dst=/a,foo', 'src=v1,dst=/a,foo=bar', 'src=v1,dst=/a,bind-propagation=rslave'],
    ...['type=bind,src=SRC,dst=/a,bind-propagation=foo', 'type=bind,dst=/a,bind-propagation'],
    ...['type=bind,src=SRC,dst=/a,bind-nonrecursive=maybe', 'type=bind,dst=/a,volume-nocopy'],
    ...['type=bind,dst=/a,tmpfs-size=1m', 'dst=/a,volume-nocopy=maybe', 'dst=/a,tmpfs-mode=1777'],
    ...['src=a@b,dst=/a', 'type=tmpfs,dst=/a,src=x', 'type=tmpfs,dst=/a,tmpfs-size=foo'],
    ...['type=tmpfs,dst=/a,tmpfs-size=-1', 'type=tmpfs,dst=/a,tmpfs-mode=9'],
    ...['type=tmpfs,dst=/a,bind-propagation=rslave', 'type=bind,src=SRC,dst=/a,'],
    ...['type=bind,"src=SRC,dst=/a', 'type=bind,src=SRC,dst=/a"b', 'type=bind,|src=SRC,dst=/a'],
    ...['type=tmpfs,dst=/a,volume-label=x', 'type=bind,src=SRC', 'Foo=1,dst=/a', '"a"b,dst=/a'],
    ...['"a",,"', 'a="', '"type=bind"""', 'type=tmpfs,dst=/a,tmpfs-mode=77777777777'],
  ].map((value) => `--mount=${value}`),
]

/** Mounts that are refused when they are made: the words are runc's, and ours are our own. */
const failing = [
  ...['-v rel/path:/x', '--mount type=bind'],
  ...['-v SRC:/proc', '-v SRC:/proc/foo', '-v SRC:/etc/passwd', '-v SRC/file:/etc'],
  ...['-v SRC:/a:ro -v SRC/sub:/a/new', '--tmpfs /a:size=foo', '--tmpfs /a:mode=9'],
  '--mount src=vd,dst=/a,volume-driver=nosuch',
]

const lines = 'grep -E " (/[ab]|/etc|/new)" /proc/self/mountinfo'
const fields = 'cut -d" " -f 5,6'
const how = `${lines} | ${fields} | grep -v -E "^/etc/(hosts|hostname|resolv)" | sort`

/** What is mounted, and what the container then sees. */
const mounted: [flags: string, script: string][] = [
  ['-v SRC:/a -v SRC/file:/new/dir/file', `${how}; ls /a; cat /new/dir/file`],
  ['-v SRC:/a:ro,z --tmpfs /b:size=1m,mode=700', `${how}; stat -c %a /b; touch /a/x; echo $?`],
  ['-v SRC:/a:rw,cached -v vol:/b', `${how}; ls /b; touch /b/kept`],
  ['-v vol:/b:ro', `${how}; ls /b`],
  ['-v SRC:/a:', how],
  ['-v SRC/sub:/a/sub -v SRC:/a', `${how}; ls /a`],
  ['-v SRC:/bin/../a/.//b/ -w /a/b', `${how}; pwd; ls`],
  ['-v SRC/missing:/a', `${how}; stat -c "%a %u" /a`],
  ['--mount type=bind,"src=SRC",dst=/a,readonly --read-only', `${how}; touch /x; echo $?`],
  ['--mount type=BIND,SOURCE=SRC,DESTINATION=/a,consistency=x,ro=0,bind-propagation=', how],
  ['--mount type=tmpfs,dst=/a,tmpfs-size=2m,tmpfs-mode=1770', `${how}; stat -c %a /a`],
  ['--mount type=tmpfs,dst=/b,ro --tmpfs /a:exec,noatime --tmpfs /a:dev,suid', how],
  [
    '--mount src=vo,dst=/a,volume-opt=type=tmpfs,volume-opt=device=tmpfs,volume-opt=o=size=1m',
    'df -k /a | tail -n 1 | tr -s " " | cut -d " " -f 2',
  ],
  ['-v SRC/link:/a', `${how}; ls /a`],
  ['-v /a -v SRC:/a:ro -v /b -v /b/ --tmpfs /b', how],
  ['-v /a --mount type=tmpfs,dst=/a,ro\n,foo', how],
  ['--tmpfs /dev/shm:size=1m -v SRC:/dev/a', 'ls /dev/a; df -k /dev/shm | tail -n 1 | wc -w'],
]

/** A line for each mount: Docker prints its fields, and mounts, in any order. */
const fieldsOf = ['Type', 'Destination', 'Mode', 'RW', 'Propagation'].map((name) => `{{.${name}}}`)
const mounts = `{{range|.Mounts}}${fieldsOf.join('|')}{{"\\n"}}{{end}}`
const binds = '{{range|.HostConfig.Binds}}{{.}}{{"\\n"}}{{end}}' // Docker has them in any order
const asked = `${binds}{{json|.HostConfig.Mounts}}{{json|.HostConfig.Tmpfs}}`
const kept = [
  'create --name one -v vol:/a -v SRC:/new/b -v SRC/file:/new/file:ro -v /anon --tmpfs /t:ro ' +
    '--mount type=bind,src=SRC,dst=/c,ro,bind-propagation=private,bind-nonrecursive,' +
    'consistency=cached ' +
    '--mount type=tmpfs,dst=/t2,tmpfs-size=1m,tmpfs-mode=700 ' +
    '--mount src=v8,dst=/v8,volume-nocopy,volume-label=x=y --mount dst=/v9 busybox sh -c ' +
    'echo|1>/a/f;echo|1>/new/b/f',
  ...[`inspect -f ${mounts} one`, `inspect -f ${asked} one`, 'ps -a --format {{.LocalVolumes}}'],
  ...['ps -aq --filter volume=vol', 'ps -aq --filter volume=/new/b', 'ps -aq --filter volume=x'],
  ...['create --mount type=bind busybox', 'create --mount type=foo,dst=/a busybox'],
  ...['start -a one', 'diff one', 'inspect -f {{json|.Config.Volumes}} one', 'rm -f -v one'],
]

const given = '-v vol:/a -v SRC:/b:ro -v SRC/file:/f --tmpfs /t'

/** What `cp` reaches of it, in a container that runs and in one that was never started. */
const copied = [
  `create --name st ${given} busybox true`,
  `run -d --network none --name ru ${given} busybox sleep 1000`,
  ...['st', 'ru'].flatMap((name) => [
    ...['/a', '/a/new', '/b', '/b/new', '/b/file', '/b/sub', '/f', '/t/new'].map(
      (path) => `cp SRC/file ${name}:${path}`,
    ),
    ...['/a', '/b', '/b/sub/file', '/f', '/t/new', '/proc/version'].map(
      (path) => `cp ${name}:${path} SRC/sub/${name}${path.replaceAll('/', '-')}`,
    ),
    'run --rm --network none -v SRC:/s -v vol:/v busybox find /s /v',
  ]),
  'rm -f -v st ru',
]

const wordsOf = (line: string, source: string) =>
  line.split(' ').map((word) => word.replaceAll('|', ' ').replaceAll('SRC', source))

/** `refusal` gives the words by which a list of flags is refused. */
async function answers(type: Typed, refusal?: (words: string[]) => string): Promise<string[]> {
  const found: string[] = []
  const source = sources()
  const run = (flags: string, ...command: string[]) =>
    type('run', '--rm', '--network', 'none', ...wordsOf(flags, source), 'busybox', ...command)
  const named = (text: string) => text.replaceAll(source, 'SRC')
  for (const flags of refused) {
    const why = refusal?.(wordsOf(flags, source)) ?? messageIn((await run(flags, 'true')).err)
    found.push(named(`${flags}: ${why}`))
  }
  for (const flags of failing) found.push(`${flags} = ${(await run(flags, 'true')).code}`)
  for (const [flags, script] of mounted) {
    const { code, out, err } = await run(flags, 'sh', '-c', script)
    found.push(named(`${flags} = ${code}: ${out}${code === 0 ? '' : err}`))
  }
  for (const line of [...kept, ...copied]) {
    const { code, out } = await type(...wordsOf(line, source))
    found.push(named(`${line} = ${code}: ${alike(out)}`))
  }
  return found
}

/** The error of `run` for these words. It is asked in this process, which is faster. */
function refusalOf(words: string[]): string {
  const values = new Map<string, string[]>()
  const rest = [...words]
  while (rest.length > 0) {
    const [flag = '', value] = (rest.shift() ?? '').split(/=(.*)/s)
    const long = flag === '-v' ? 'volume' : flag.slice(2)
    values.set(long, [...(values.get(long) ?? []), value ?? rest.shift() ?? ''])
  }
  try {
    const { mounts = [] } = askedMounts({ values, switches: new Set(), words: [] }, {})
    for (const mount of mounts) if (mount.type === 'bind') makeSource(mount)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

/** A directory to be shared: a file, a directory, a link to it. */
function sources(): string {
  const source = join(scratch(), 'source')
  mkdirSync(join(source, 'sub'), { recursive: true })
  writeFileSync(join(source, 'file'), 'of the host\n')
  symlinkSync('sub', join(source, 'link'))
  return source
}

/** Without what each program puts around it. */
function messageIn(err: string): string {
  const lines = err.split('\n').filter((line) => !/^(See '|Run '|time="|\s*$)/.test(line))
  const [first = ''] = lines
  return first.replace(/^(docker|stepbox): |Error response from daemon: /g, '').replace(/\.$/, '')
}

function alike(text: string): string {
  const ids = text.replaceAll(/\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g, 'ID')
  return ids.split('\n').map((line) => line.trim()).sort().join('\n  ').trim()
}

test('each mount is refused, or made, as Docker does it', async (context) => {
  const { host } = await dockerd(context)
  const root = await rootWithBusybox()
  const docker: Typed = (...words) =>
    new Promise((resolve) => {
      execFile(dockerClient, ['-H', host, ...words], (error, out, err) => {
        resolve({ code: error ? Number(error.code) : 0, out, err })
      })
    })
  const ours = (...words: string[]) => stepbox(words, { root })
  const [theirs, own] = await Promise.all([answers(docker), answers(ours, refusalOf)])
  expect(own).toEqual(theirs)
}, 240_000)
