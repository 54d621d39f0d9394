/**
 * Tests: each tool that makes images reads what we commit, and what it makes of it runs here. Its
 * layout is used as a data root, in place, with no import.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { $ } from 'zx'
import { importBusybox } from '../../runtime/05-commit/busybox-image.ts'
import type { Descriptor } from '../../runtime/05-commit/store/oci.ts'
import { namesIn } from '../../runtime/files.ts'
import { busyboxBinary } from '../../runtime/setup/busybox.ts'
import { has, needs } from '../../test/scratch.ts'
import { start } from '../../test/stepbox.ts'
import { putBlob, putIndex } from './handmade.ts'

let dir = ''
const daemons: ChildProcess[] = []

/** `ours` is a data root with the image ours:v1, which a container wrote and we committed. */
beforeAll(async () => {
  if (!has('root', 'overlay', 'unshare')) return
  dir = mkdtempSync(join(tmpdir(), 'stepbox-'))
  const root = join(dir, 'ours')
  await importBusybox(root, busyboxBinary())
  const script = 'echo ours > /made-by; rm /etc/group; chown 1:2 /made-by'
  for (const words of [
    ['run', '--name', 'maker', 'busybox', 'sh', '-c', script],
    ['commit', 'maker', 'ours:v1'],
  ])
    expect(await start(words, { root }).ended).toMatchObject({ code: 0 })
}, 60_000)

afterAll(async () => {
  for (const each of daemons) {
    each.kill('SIGTERM')
    if (each.exitCode === null) await new Promise((resolve) => each.once('exit', resolve))
  }
  if (dir) rmSync(dir, { recursive: true, force: true })
  for (const group of dockersGroups()) if (!groupsBefore.includes(group)) rmdirSync(group)
}, 60_000)

/** dockerd makes them for its first container, and leaves them. */
function dockersGroups(): string[] {
  const trees = namesIn('/sys/fs/cgroup').map((tree) => `/sys/fs/cgroup/${tree}/docker`)
  return trees.filter((group) => existsSync(group))
}

const groupsBefore = dockersGroups()

/** What a tool keeps for itself is not kept on the host. */
const hide = 'mount -t tmpfs none /var/lib; mount -t tmpfs none /run; exec "$@"'

/** Run a script in `dir`; `$made` is the layout that it is to make. */
async function play(script: string, made: string): Promise<void> {
  const run = $({ cwd: dir, quiet: true, env: { ...process.env, made } })
  await run`unshare -m sh -ec ${hide} sh sh -ec ${script}`
}

/**
 * A daemon that lives until the end of the tests; resolves when `ready` exits with 0. It is the
 * daemon that answers, so there is nothing to wait for but its answer.
 */
async function daemon(command: string, ready: string): Promise<void> {
  const words = ['-m', '--propagation', 'private', 'sh', '-c', `exec ${command}`]
  const child = spawn('unshare', words, { cwd: dir, stdio: 'ignore' })
  daemons.push(child)
  const wait = `until ${ready} >/dev/null 2>&1; do kill -0 ${child.pid} && sleep 0.2; done`
  await $({ cwd: dir, quiet: true })`timeout 50 sh -c ${wait}`
}

async function dockerd(): Promise<void> {
  const places = `--data-root ${dir}/d --exec-root ${dir}/e -p ${dir}/d.pid -H unix://${dir}/d.sock`
  const ways = '--bridge=none --iptables=false --default-ulimit nofile=1024:20000'
  await daemon(`dockerd ${places} ${ways}`, 'docker -H unix://$PWD/d.sock version')
}

async function containerd(): Promise<void> {
  const places = `--root ${dir}/c --state ${dir}/s --address ${dir}/c.sock`
  const settings = 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
  writeFileSync(join(dir, 'c.toml'), settings)
  await daemon(`containerd --config ${dir}/c.toml ${places}`, 'ctr -a $PWD/c.sock version')
}

const podman = `podman --root $PWD/p --runroot $PWD/pr --tmpdir $PWD/pt --storage-driver vfs \
  --events-backend none`
const docker = 'docker -H unix://$PWD/d.sock'
const ctr = 'ctr -a $PWD/c.sock'
const toArchive = 'skopeo copy -q oci:ours:ours:v1 docker-archive:docker.tar:ours:v1'

interface Peer {
  what: string
  needs: string[]
  begin?: () => Promise<void>
  /** Reads the image ours:v1 in the data root `ours`, and makes the layout `$made`. */
  script: string
  /** The name of the image in it. */
  name: string
}

const peers: Peer[] = [
  {
    what: 'skopeo, as a layout',
    needs: ['skopeo'],
    script: 'skopeo copy -q oci:ours:ours:v1 oci:$made:app:v1',
    name: 'app:v1',
  },
  {
    what: 'skopeo, with layers in zstd',
    needs: ['skopeo'],
    script: `skopeo copy -q --dest-compress-format zstd oci:ours:ours:v1 oci:$made:app:v1
      grep -q tar+zstd $made/blobs/sha256/*`,
    name: 'app:v1',
  },
  {
    what: 'skopeo, as an archive of a layout',
    needs: ['skopeo'],
    script: `skopeo copy -q oci:ours:ours:v1 oci-archive:oci.tar:docker.io/library/app:v1
      mkdir $made; tar -xf oci.tar -C $made`,
    name: 'app:v1',
  },
  {
    what: 'skopeo, by way of an archive for docker load',
    needs: ['skopeo'],
    script: `rm -f docker.tar; ${toArchive}
      skopeo copy -q docker-archive:docker.tar oci:$made:app`,
    name: 'app',
  },
  {
    what: 'podman',
    needs: ['podman'],
    script: `${podman} pull -q oci:ours:ours:v1; id=$(${podman} images -q | head -n 1)
      ${podman} tag $id made:v1; ${podman} push -q made:v1 oci:$made:made:v1`,
    name: 'made:v1',
  },
  {
    what: 'umoci',
    needs: ['umoci'],
    script: `cp -a ours $made; umoci unpack --image $made:ours:v1 $made-bundle
      umoci repack --refresh-bundle --image $made:by-umoci $made-bundle
      umoci config --image $made:by-umoci --config.user 0:0 --author umoci`,
    name: 'by-umoci',
  },
  {
    what: 'buildah',
    needs: ['buildah'],
    script: `in="buildah --root $PWD/b --runroot $PWD/br --storage-driver vfs"
      id=$($in from oci:ours:ours:v1); $in config --label a=b $id
      $in commit -q $id oci:$made:made:v1`,
    name: 'made:v1',
  },
  {
    what: 'dockerd',
    needs: ['dockerd', 'docker', 'skopeo'],
    begin: dockerd,
    script: `rm -f docker.tar; ${toArchive}; ${docker} load -q -i docker.tar
      ${docker} run --name made --net none ours:v1 sh -c 'cat /made-by && echo more > /more'
      ${docker} commit made made:v1; ${docker} save -o saved.tar made:v1
      skopeo copy -q docker-archive:saved.tar oci:$made:docker.io/library/made:v1`,
    name: 'made:v1',
  },
  {
    what: 'containerd',
    needs: ['containerd', 'ctr', 'skopeo'],
    begin: containerd,
    script: `skopeo copy -q oci:ours:ours:v1 oci-archive:tagged.tar:v1
      ${ctr} image import --no-unpack --base-name docker.io/library/made tagged.tar
      ${ctr} image export made.tar docker.io/library/made:v1
      mkdir $made; tar -xf made.tar -C $made`,
    name: 'made:v1',
  },
]

describe('an image that we committed is read, and what comes back runs, with', () => {
  for (const { what, needs: all, begin, script, name } of peers)
    test(what, async (context) => {
      needs(context, 'root', 'overlay', 'unshare', ...all)
      const made = join(dir, `by ${what}`.replace(/\W/g, '-'))
      await begin?.()
      await play(script, made)
      const words = 'cat /made-by; stat -c %u:%g /made-by; ls /etc'
      const run = await start(['run', '--rm', name, 'sh', '-c', words], { root: made }).ended
      expect(run).toMatchObject({ code: 0, err: '' })
      expect(run.out.split('\n')).toEqual(expect.arrayContaining(['ours', '1:2', 'passwd']))
      expect(run.out.split('\n')).not.toContain('group')
      const listed = await start(['images', '-q'], { root: made }).ended
      expect(listed).toMatchObject({ code: 0, err: '' })
    }, 90_000)
})

test('a directory of skopeo’s, with Docker’s media types, runs as a layout', async (context) => {
  needs(context, 'root', 'overlay', 'unshare', 'skopeo')
  const made = join(dir, 'v2s2')
  await play('skopeo copy -q --format v2s2 oci:ours:ours:v1 dir:$made-dir', made)
  mkdirSync(made)
  const from = (name: string) => readFileSync(join(`${made}-dir`, name))
  const manifest = JSON.parse(from('manifest.json').toString()) as {
    mediaType: string
    config: Descriptor
    layers: Descriptor[]
  }
  for (const { mediaType, digest } of [manifest.config, ...manifest.layers])
    putBlob(made, mediaType, from(digest.slice('sha256:'.length)))
  expect(manifest.mediaType).toContain('vnd.docker.')
  putIndex(made, { 'app:v1': putBlob(made, manifest.mediaType, from('manifest.json')) })
  const run = await start(['run', '--rm', 'app:v1', 'cat', '/made-by'], { root: made }).ended
  expect(run).toMatchObject({ code: 0, out: 'ours\n', err: '' })
})
