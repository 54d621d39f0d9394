/**
 * Tests. What the texts show of Docker is what Docker does: the blocks ```` ```console docker ````
 * of each chapter are played in one shell, with a dockerd that is started for them.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { $ } from 'zx'
import { compare, sessionsIn, type Exchange, type Seen } from '../book/sessions.ts'
import { namesIn } from '../runtime/files.ts'
import { busyboxBinary } from '../runtime/setup/busybox.ts'
import { needs, scratch } from './scratch.ts'

const chapters = join(import.meta.dirname, '../chapters')
const boxes = readdirSync(chapters)
  .filter((name) => /^\d\d-/.test(name))
  .map((slug) => ({ slug, exchanges: boxIn(join(chapters, slug, 'README.md')) }))

/** Only the blocks on Docker are sessions in what `sessionsIn` gets. */
function boxIn(path: string): Exchange[] {
  const others = readFileSync(path, 'utf8').replace(/^```console run\b.*$/gm, '```console')
  return sessionsIn(others.replace(/^```console docker$/gm, '```console run'), 'host')
}

describe.for(boxes.filter(({ exchanges }) => exchanges.length > 0))('$slug', ({ exchanges }) => {
  test('what it shows of Docker is what Docker does', async (context) => {
    needs(context, 'root', 'overlay', 'unshare', 'dockerd', 'docker')
    const dir = scratch()
    await startDockerd(dir)
    const bash = $({ cwd: dir, quiet: true, input: scriptOf(exchanges) })`bash`
    const printed = (await bash).stdout.split(mark)
    let seen: Seen = new Map()
    const wrong: object[] = []
    for (const [index, { command, expected, line }] of exchanges.entries()) {
      const actual = (printed[index] ?? '').split('\n').slice(0, -1)
      const result = compare(expected, actual.map((text) => text.trimEnd()), seen)
      if (typeof result === 'number') wrong.push({ line, command, expected, actual })
      else seen = result
    }
    expect(wrong).toEqual([])
  }, 240_000)
})

const mark = '\x1e'

/** `docker` is a client of our daemon; a mark follows what each command prints. */
function scriptOf(exchanges: Exchange[]): string {
  const commands = exchanges.map(({ command }) => `${command}\nprintf '\\036'`)
  return ['exec 2>&1', client, ...commands, ''].join('\n')
}

const client = 'docker() { command docker -H unix://$PWD/d.sock "$@"; }'

/** A daemon until the end of the test, with one image, busybox. */
async function startDockerd(dir: string): Promise<void> {
  const parent = basename(dir)
  const places = `--data-root ${dir}/d --exec-root ${dir}/e -p ${dir}/d.pid -H unix://${dir}/d.sock`
  const groups = `--exec-opt native.cgroupdriver=cgroupfs --cgroup-parent /${parent}`
  const command = `exec dockerd ${places} ${groups} --bridge=none --iptables=false`
  const words = ['-m', '--propagation', 'private', 'sh', '-c', command]
  const daemon = spawn('unshare', words, { cwd: dir, stdio: 'ignore' })
  onTestFinished(async () => {
    daemon.kill('SIGTERM')
    if (daemon.exitCode === null) await new Promise((resolve) => daemon.once('exit', resolve))
    for (const group of groupsNamed(parent)) rmdirSync(group)
  })
  const run = $({ cwd: dir, quiet: true })
  const wait = `until docker -H unix://$PWD/d.sock version >/dev/null 2>&1
    do kill -0 ${daemon.pid} && sleep 0.2; done`
  await run`timeout 50 bash -c ${wait}`
  mkdirSync(join(dir, 'busybox/bin'), { recursive: true })
  await run`cp ${busyboxBinary()} busybox/bin/busybox`
  const names = 'sh ls cat rm mkdir vi sleep tail'
  const link = `for name in ${names}; do ln -s busybox busybox/bin/$name; done`
  const image = 'tar -C busybox -c . | docker -H unix://$PWD/d.sock import - busybox; rm -r busybox'
  await run`bash -ec ${`${link}; ${image}`}`
}

/** dockerd makes them for its first container, one in each hierarchy, and leaves them. */
function groupsNamed(name: string): string[] {
  const trees = ['.', ...namesIn('/sys/fs/cgroup')].map((tree) => join('/sys/fs/cgroup', tree))
  return trees.map((tree) => join(tree, name)).filter((group) => existsSync(group))
}
