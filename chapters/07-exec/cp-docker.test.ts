/** Tests. The same copies, by a real docker and by ours: exit codes, and what is where then. */
import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { dockerd } from '../../test/dockerd.ts'
import { scratch } from '../../test/scratch.ts'
import { stepbox, type Ended } from '../../test/stepbox.ts'

type Typed = (...words: string[]) => Promise<Pick<Ended, 'code' | 'out' | 'err'>>

/** What each side has at first: in the container, and here. */
const inside = `mkdir -p /c/d/sub /c/sp; echo c1 >/c/f; echo c2 >/c/d/sub/g
chown 1000:1001 /c/f /c/d; chmod 4711 /c/f; ln -s f /c/lf; ln -s d /c/ld
ln -s /nosuch /c/dang; ln -s /etc/passwd /c/abs
touch -d 2001-02-03T00:00:00 /c/f /c/d; mkfifo /c/sp/p; mknod /c/sp/n c 1 3; ln /c/f /c/sp/h1
ln /c/f /c/sp/h2; dd if=/dev/zero of=/c/sp/sparse bs=1 seek=999999 count=1; echo r >/c/r:x
sleep 1000`
const here = `mkdir -p src/sub t/x/y; echo one >src/one; echo two >src/sub/two; ln -s one src/l
ln -s src lsrc; ln -s nosuch dangling; chown -R 1000:1001 src; chmod 2755 src/sub
touch -d 2001-02-03T00:00:00 src/one src; echo a >t/x/y/z; echo b >t/q; ln t/q t/hard; mkfifo t/fifo
tar -cf src.tar src; tar -czf t.tgz -C t x/y/z q hard fifo; tar -cPf up.tar ../*/src.tar
head -c 700 src.tar >cut.tar; (cd t && mkdir one && tar -cf ../one.tar one && rmdir one)`

/**
 * `!` is typed into a shell in the container, `$` into one here, `|` shows what is in the archive
 * that cp writes; the rest are words of cp.
 */
const lines = [
  ...['A:/c/f o', 'A:/c/f o/', 'A:/c/f o/new', 'A:/c/f o/no/new', 'A:/c/f o/no/', 'A:/c/f/ o/x'],
  ...['A:/c/f o/new/x', 'A:/c/d o', 'A:/c/d o/dd', 'A:/c/d/. o/dot', 'A:/c/d/ o/sl'],
  ...['$ mkdir o/e', 'A:/c/d/. o/e', 'A:/c/d o/no/x', 'A:/c/d o/made/', 'A:/c/d o/f', 'A:/c/f o/d'],
  '$ rm -r o; mkdir o',
  ...['A:/c/lf o', 'A:/c/lf o/n', '-L A:/c/lf o/n2', 'A:/c/ld o', 'A:/c/ld/ o/nl'],
  ...['A:/c/ld/. o/n3', '-L A:/c/ld o/n4', 'A:/c/dang o', '-L A:/c/dang o/n5', 'A:/c/abs o'],
  '-L A:/c/abs o/n6',
  ...['-a A:/c/f o', 'A:c/f o/rel', 'A:/c/../../c/f o/up', 'A:/c/sp o', 'A:/c/r:x o'],
  'A:/c/./d o/k',
  '$ rm -r o; mkdir o; mknod o/n c 1 3; mkfifo o/p; ln -s n o/ln',
  ...['A:/c/f o/n', 'A:/c/f o/ln', 'A:/c/d o/n', 'A:/c/f o/p'],
  '$ rm -r o; mkdir o; ln -s new o/ln; ln -s no/x o/bad; ln -s ../src o/ls; ln -s ln o/ll',
  ...['A:/c/f o/ll', 'A:/c/f o/bad', 'A:/c/d o/ls', 'A:/c/lf o/ln'],
  ...['A: o/e', 'nosuch:/c o', 'A:/no o', 'A:/c/f/x o', 'o o2', 'A:/a A:/b', '- -', ':/x o'],
  '! rm -rf /w; mkdir /w',
  ...['src A:/w', 'src/ A:/w', 'src/. A:/w', 'src A:/w/n', 'src/. A:/w/m', 'src A:/w/no/n'],
  ...['src/one A:/w', 'src/one A:/w/', 'src/one A:/w/x', 'src/one A:/w/no/x', 'src/one A:/w/no/'],
  ...['src/one A:/w/x/', 'src/one A:/w/x/y', 'src A:/w/x', 'src A:/w/y/', 't A:/w'],
  't/fifo A:/w/p',
  '! rm -rf /w; mkdir /w',
  ...['src/l A:/w', '-L src/l A:/w/L', 'lsrc A:/w', '-L lsrc A:/w/LL', 'lsrc/ A:/w/sl'],
  ...['lsrc/. A:/w/dt', 'dangling A:/w', '-L dangling A:/w', '-a src A:/w', 'src/one/ A:/w'],
  ...['nosuch A:/w', 'src nosuch:/w', 'src A:w2', 'src/one A:/proc/x', 'A:/proc/1/status o'],
  '! rm -rf /w; mkdir /w /w/t; ln -s /w/t /w/lt; ln -s x /w/lx; ln -s ../../../w/t /w/up',
  ...['src/one A:/w/lt', 'src/one A:/w/lx', 'src A:/w/lx', 'src/one A:/w/up/', 'src A:/w/up'],
  '! rm -rf /w; mkdir -p /w/one /w/src; echo >/w/src/sub; ln -s /nosuch/y /w/bad; mkfifo /w/p',
  ...['src/one A:/w', 'src A:/w', 'src/one A:/w/bad', 'src/one A:/w/p', 'src/one A:/w/one/one'],
  '! rm -rf /w; mkdir -p /w/real; ln -s real /w/x; echo >/w/file',
  ...['<src.tar - A:/w', '<t.tgz - A:/w', '<up.tar - A:/w', '<cut.tar - A:/w'],
  ...['<src.tar - A:/w/no', '<src.tar - A:/w/file', '<src.tar - A:/w/x', '<one.tar - A:/w/src'],
  '<src - A:/w',
  '! true',
  ...['B:/etc/passwd o', 'src B:/w', 'src/one B:/no/x', 'src C:/w', 'C:/w o', 'C:/etc/group o/g'],
  ...['src D:/w', 'D:/w/sub o/dsub', 'src/sub D:/'],
  ...['| A:/c/d -', '| A:/c/d/. -', '| A:/c/lf -', '| -L A:/c/lf -', '| -L A:/c/ld -'],
  ...['src E:/w', '-a src E:/w', '-a src/one E:/w/a', 'src/one E:/w/b', '<src.tar -a - E:/w/src'],
]

/** Both kinds of file, the mode, the owner, the target of a link; in `o` and in /w. */
const look = "-printf '%P %y %m %U:%G %s %l\\n'"
const lookInside =
  "cd /w && find . | sort | while read -r f; do stat -c '%n %f %u:%g %N' \"$f\"; done"

async function answers(type: Typed, dir: string, program: string): Promise<string[]> {
  const shell = async (text: string) =>
    (await promisify(execFile)('sh', ['-c', text], { cwd: dir })).stdout
  await shell(`${here}; mkdir o`)
  const names = { A: 'aa', B: 'bb', C: 'cc', D: 'dd', E: 'ee' }
  const none = ['--network', 'none', '--name']
  await type('run', '-d', ...none, 'aa', 'busybox', 'sh', '-c', inside)
  await type('run', '-d', '--read-only', ...none, 'bb', 'busybox', 'sleep', '1000')
  await type('create', ...none, 'cc', 'busybox', 'true')
  await type('run', ...none, 'dd', 'busybox', 'mkdir', '/w')
  await type('run', '-d', '-u', '0', ...none, 'ee', 'busybox', 'sleep', '1000')
  while ((await type('exec', 'aa', 'test', '-e', '/c/r:x')).code !== 0) continue
  const found: string[] = []
  for (const line of lines) {
    const typed = line.replace(/\b([A-E]):/g, (_, key: keyof typeof names) => `${names[key]}:`)
    if (line.startsWith('$')) await shell(line.slice(2))
    else if (line.startsWith('|'))
      found.push(`${line}: ${await shell(`${program} cp ${typed.slice(2)} | tar -t`)}`)
    else if (line.startsWith('!')) {
      const script = `${lookInside}; cd /; ${line.slice(2)}`
      found.push((await type('exec', 'aa', 'sh', '-c', script)).out)
    } else {
      const [, input, words = ''] = /^(?:<(\S+) )?(.*)$/.exec(typed) ?? []
      const copy = `${program} cp ${words} <${input ?? '/dev/null'} >/dev/null 2>&1; echo $?`
      found.push(`cp ${line} = ${await shell(`${copy}; cd o; find . ${look} | sort`)}`)
    }
  }
  found.push((await type('exec', '-u', '0', 'ee', 'sh', '-c', lookInside)).out)
  return found
}

test('copies end up where docker puts them, as docker makes them', async (context) => {
  const { docker, host } = await dockerd(context)
  const root = await rootWithBusybox()
  const [theirs, ours] = [`${scratch()}/theirs`, `${scratch()}/ours`]
  for (const dir of [theirs, ours]) mkdirSync(dir)
  const path = `${import.meta.dirname}/../../dist/stepbox.cjs`
  const [expected, found] = await Promise.all([
    answers(docker, theirs, `docker -H ${host}`),
    answers((...words) => stepbox(words, { root }), ours, `node ${path} --root ${root}`),
  ])
  expect(found).toEqual(expected)
}, 600_000)
