/** Tests. Who may change a data root, and who may read what is in it. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { importBusybox } from '../runtime/05-commit/busybox-image.ts'
import { commitContainer } from '../runtime/05-commit/commit.ts'
import { imageFor } from '../runtime/05-commit/image-for.ts'
import { readIndex } from '../runtime/05-commit/store/store.ts'
import { newId } from '../runtime/container/create.ts'
import { everyContainer, runningContainers } from '../runtime/container/find.ts'
import { run } from '../runtime/container/run.ts'
import { makePlaces } from '../runtime/container/state.ts'
import { identify, isAlive } from '../runtime/process.ts'
import { busyboxBinary } from '../runtime/setup/busybox.ts'
import { makeStaging } from '../runtime/staging.ts'
import { rootWithBusybox } from './busybox.ts'
import { runtimeOn } from './rows.ts'
import { needs, scratch } from './scratch.ts'
import { stateOf } from './states.ts'
import { program, stepbox } from './stepbox.ts'

/** Every name under `root` that others can read or write, except in an image's or container's. */
function openIn(root: string, dir = root): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name)
    const own = relative(root, path)
    const { mode } = lstatSync(path)
    const isOpen = !lstatSync(path).isSymbolicLink() && (mode & 0o077) !== 0
    if (isTree(own)) return []
    const inner = lstatSync(path).isDirectory() ? openIn(root, path) : []
    return isOpen ? [`${own} ${(mode & 0o7777).toString(8)}`, ...inner] : inner
  })
}

/** What all in a container may read; the directory above it is closed. */
function isTree(own: string): boolean {
  const inContainer = /^containers\/\w+\/(upper|work|merged|init|hosts|hostname|resolv\.conf)$/
  return /^(layers|rootfs)\/[0-9a-f]+$/.test(own) || inContainer.test(own)
}

describe('a data root', () => {
  test('is closed to others though the caller has umask 0', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const script = `umask 0; export STEPBOX_ROOT='${root}'
      sb() { '${process.execPath}' '${program}' "$@" || echo "failed: $*"; }
      sb run --name one -u 1000 --record '${root}/walk' busybox sh -c '
        cat /etc/hosts /etc/hostname /etc/resolv.conf > /dev/null && ls / /bin > /dev/null && umask'
      sb run --name two -e KEY=hidden busybox sh -c 'echo x > /x; ls -l /x'
      sb commit two made:v1
      sb run --rm -u 1000 made:v1 cat /x
      sb --chapter pivot-root run -u 1000 busybox true`
    const { stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
    expect(stderr).toBe('')
    const [umask, listed, id, read, ...failed] = stdout.trim().split('\n')
    expect([umask, listed?.slice(0, 10), read]).toEqual(['0022', '-rw-r--r--', 'x'])
    expect(id).toMatch(/^sha256:/)
    expect(failed).toEqual([])
    expect(openIn(root)).toEqual([])
    expect(lstatSync(root).mode & 0o066).toBe(0)
  })

  const masks = [0o000, 0o077]
  test.for(masks)('is closed to others by operations under umask %i', async (mask, context) => {
    needs(context, 'root', 'overlay')
    const root = join(scratch(), 'root')
    const before = process.umask(mask)
    onTestFinished(() => void process.umask(before))
    await importBusybox(root, busyboxBinary())
    const runtime = await runtimeOn(root)
    const { use } = await imageFor(root, 'busybox', 'layers')
    const chapter = runtime.rows.at(-1)?.number ?? 0
    const user = '1000:1000'
    const look = 'cat /etc/hosts /etc/hostname && ls / /bin /etc && [ "$(umask)" = 0022 ]'
    const asked = { ...use, chapter, argv: ['sh', '-c', look], env: ['PATH=/bin'], user }
    const ignored = ['ignore', 'ignore', 'ignore'] as ['ignore', 'ignore', 'ignore']
    const { exitCode, container } = await run(runtime, { ...asked, stdio: ignored })
    expect(exitCode).toBe(0)
    const created = '2026-01-01T00:00:00.000Z'
    await commitContainer(root, container, { name: 'made:v1', created })
    expect(openIn(root)).toEqual([])
  })

  test('of an earlier version is closed by the next command', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    await stepbox(['run', '--name', 'old', '-e', 'KEY=hidden', 'busybox', 'true'], { root })
    const [id = ''] = readdirSync(join(root, 'containers'))
    const files = ['oci-layout', 'index.json', `containers/${id}/state.json`]
    const blobs = readdirSync(join(root, 'blobs/sha256')).map((name) => `blobs/sha256/${name}`)
    for (const name of [...files, ...blobs]) chmodSync(join(root, name), 0o644)
    for (const name of ['.', 'blobs', 'blobs/sha256', 'containers', 'names', 'running', 'tmp'])
      chmodSync(join(root, name), 0o755)
    expect((await stepbox(['ps', '-aq'], { root })).out).toBe(`${id.slice(0, 12)}\n`)
    expect(openIn(root)).toEqual([])
    expect(lstatSync(root).mode & 0o777).toBe(0o711)
  })

  test('that holds other things as well keeps their modes', async (context) => {
    needs(context, 'root')
    const root = scratch()
    for (const name of ['names', 'layers', 'mine']) mkdirSync(join(root, name), { mode: 0o755 })
    expect(await stepbox(['ps', '-a'], { root })).toMatchObject({ code: 0, err: '' })
    for (const name of ['names', 'layers', 'mine'])
      expect([name, lstatSync(join(root, name)).mode & 0o777]).toEqual([name, 0o755])
  })
})

/** Who could choose what a command of root's kills, and how it is said. */
const intruders: [what: string, prepare: (root: string) => string | void, said: RegExp][] = [
  ['belongs to another user', (root) => chownSync(root, 1000, 1000), /: it belongs to user 1000\n/],
  ['everybody can write', (root) => chmodSync(root, 0o777), /: it can be written by everybody\n/],
  [
    'everybody can write, though it is sticky, when somebody has',
    (root) => {
      chmodSync(root, 0o1777)
      writeFileSync(join(root, 'theirs'), '')
      chownSync(join(root, 'theirs'), 1000, 1000)
    },
    /by everybody\n/,
  ],
  [
    'another group can write',
    (root) => {
      chownSync(root, 0, 50)
      chmodSync(root, 0o770)
    },
    /: it can be written by group 50\n/,
  ],
  ['has marks that others can write', (root) => chmodSync(`${root}/running`, 0o777), /running can/],
  ['has names of another user', (root) => chownSync(`${root}/names`, 1000, 0), /names belongs to/],
  [
    'has a link to a directory of another user',
    (root) => {
      renameSync(join(root, 'containers'), `${root}-elsewhere`)
      chownSync(`${root}-elsewhere`, 1000, 0)
      symlinkSync(`${root}-elsewhere`, join(root, 'containers'))
    },
    /elsewhere belongs to user 1000\n/,
  ],
  [
    'lies in a directory of another user',
    (root) => chownSync(join(root, '..'), 1000, 0),
    /belongs to user 1000\n/,
  ],
  [
    'lies where everybody can rename it',
    (root) => chmodSync(join(root, '..'), 0o777),
    /can be written by everybody\n/,
  ],
  [
    "is reached through a link that is another user's",
    (root) => {
      const link = `${root}-link`
      symlinkSync(root, link)
      spawnSync('chown', ['-h', '1000', link])
      return link
    },
    /: it belongs to user 1000\n/,
  ],
]

describe('what root is not made to do by others', () => {
  test.for(intruders)('a data root that %s is refused', ([, prepare, said], context) => {
    needs(context, 'root')
    const root = join(scratch(), 'root')
    for (const name of ['.', 'running', 'names', 'containers'])
      mkdirSync(join(root, name), { recursive: true, mode: 0o700 })
    const path = prepare(root) ?? root
    const uses = [readIndex, runningContainers, everyContainer, makePlaces, makeStaging]
    for (const use of uses) {
      expect(() => use(path)).toThrow(`the data root ${path} is not safe: `)
      expect(() => use(path)).toThrow(said)
      expect(() => use(path)).toThrow(/^[^\n]+\n[^\n]+\n[^\n]+--root DIR$|--root DIR$/)
    }
  })

  test('ps kills nothing that the marks of another user name', async (context) => {
    needs(context, 'root')
    const root = scratch()
    const victim = spawn('sleep', ['1000'], { stdio: 'ignore' })
    onTestFinished(() => void victim.kill('SIGKILL'))
    const id = newId()
    mkdirSync(join(root, 'running'))
    const init = identify(victim.pid ?? 0)
    writeFileSync(join(root, 'running', id), JSON.stringify(stateOf(id, init ? { init } : {})))
    chownSync(root, 1000, 1000)
    const { code, out, err } = await stepbox(['ps'], { root })
    expect([code, out]).toEqual([1, ''])
    expect(err).toBe(
      `stepbox: the data root ${root} is not safe: it belongs to user 1000\n` +
        '  they could choose which processes are killed and which files are written here\n' +
        `  if you trust all that is in it: chown -Rh 0:0 ${root}; or give another: --root DIR\n`,
    )
    expect(init && isAlive(init)).toBe(true)
    chownSync(root, 0, 0)
    expect(await stepbox(['ps'], { root })).toMatchObject({ code: 0, err: '' })
    expect(init && isAlive(init)).toBe(false)
  })

  test('a directory with other things in it, as /tmp, is not to be changed', async (context) => {
    needs(context, 'root')
    const root = scratch()
    writeFileSync(join(root, 'other'), '')
    chmodSync(root, 0o1777)
    const { code, err } = await stepbox(['ps'], { root })
    expect(code).toBe(1)
    expect(err).toMatch(/by everybody\n[^]*give a directory that only you can change: --root DIR/)
    expect(err).not.toContain('chmod')
  })

  test('one that is sticky, as a tmpfs is, is closed if all of it is ours', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    chmodSync(root, 0o1777)
    expect(await stepbox(['images', '-q'], { root })).toMatchObject({ code: 0, err: '' })
    expect(lstatSync(root).mode & 0o1022).toBe(0)
  })

  test('one in a sticky directory, or behind a link of its owner, is fine', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    chmodSync(join(root, '..'), 0o1777)
    const link = `${root}-link`
    symlinkSync(root, link)
    const { code, out, err } = await stepbox(['images', '-q'], { root: link })
    expect([code, err, out.length]).toEqual([0, '', 13])
  })

  test("another user's data root is closed, and that is said", async (context) => {
    needs(context, 'root', 'setpriv')
    const root = await rootWithBusybox()
    chmodSync(join(root, '..'), 0o755)
    const args = ['--reuid=1000', '--regid=1000', '--clear-groups', process.execPath, program]
    const { stderr, status } = spawnSync('setpriv', [...args, '--root', root, 'images'], {
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(stderr).toBe(
      `stepbox: the data root ${root} is closed to user 1000\n` +
        '  give a directory that is open to you: --root DIR\n',
    )
  })
})
