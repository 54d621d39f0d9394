/** Tests: skopeo, umoci and podman read the store in place, and we what they write. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest'
import { $ } from 'zx'
import { busyboxBinary } from '../../runtime/setup/busybox.ts'
import { importBusybox } from '../../runtime/05-commit/busybox-image.ts'
import { commit } from '../../runtime/05-commit/commit.ts'
import { listImages } from '../../runtime/05-commit/store/images.ts'
import { layerDirs } from '../../runtime/05-commit/layer/dirs.ts'
import { perform } from '../../runtime/native.ts'
import { stepOf } from '../../runtime/step.ts'
import { resolve } from '../../runtime/05-commit/store/store.ts'
import { has, needs } from '../../test/scratch.ts'
import { sha256 } from './handmade.ts'
import { tree } from './tree.ts'

const step = stepOf(5)
let dir = ''
let root = ''
/** What the container saw when it was committed as `site:v1`. */
let seen: string[] = []

/** A container changes everything that a layer can tell of, and is committed. */
beforeAll(async () => {
  if (!has('root', 'unshare', 'gnu-touch')) return
  dir = mkdtempSync(join(tmpdir(), 'stepbox-'))
  root = join(dir, 'root')
  const image = await importBusybox(root, busyboxBinary())
  const lowers = await layerDirs(root, image)
  for (const name of ['upper', 'work', 'merged', 'seen', 'init']) mkdirSync(join(dir, name))
  const [lower, upper] = [lowers.join(':'), join(dir, 'upper')]
  const options = `lowerdir=${lower},upperdir=${upper},workdir=work,redirect_dir=off,metacopy=off`
  $.cwd = dir
  $.quiet = true
  const mount = `mount -t overlay -o ${options} overlay merged`
  await $`${hidden} sh -ec ${`${mount}; ${changes}`}`
  const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')
  await perform([
    step(['lsetxattr', join(upper, 'bin/ping'), 'security.capability', capability], 'a capability'),
    step(['lsetxattr', join(upper, 'srv/page'), 'user.note', Buffer.from('a\0b=c')], 'a note'),
  ])
  await $`${hidden} sh -ec ${`${mount}; cp -a merged/. seen`}`
  seen = await tree(join(dir, 'seen'))
  const stack = { upper, lowers, init: join(dir, 'init') }
  const created = '2024-01-02T03:04:05Z'
  const more = { author: 'Ann', message: 'pages', changes: ['CMD ["httpd", "-f"]', 'LABEL a=b'] }
  await commit(root, { image, stack, name: 'site:v1', created, command: ['sh'], ...more })
}, 60_000)

afterAll(() => {
  if (dir) rmSync(dir, { recursive: true, force: true })
})

const changes = `cd merged
rm bin/ash; rm -r var; mkdir var; echo new > var/file; rm -r home
echo changed >> etc/passwd; chown 1000:1000 etc/group; touch -d @1700000000.123456789 etc/group
chmod 1770 tmp; mkdir -p srv/deep/er; echo page > srv/page; ln srv/page srv/deep/again
rm bin/ping; cp bin/busybox bin/ping; chmod 4755 bin/ping
ln -s ../../x srv/link; mkfifo srv/pipe; mknod srv/null c 1 3; mknod srv/disk b 7 200
truncate -s 3M srv/holes; printf mid | dd of=srv/holes bs=1M seek=1 conv=notrunc status=none
echo long > srv/$(printf %0120d 0); echo é > 'srv/é name'; touch -d @-1.5 srv/old
touch -d @1600000000.5 -h srv/link; rm usr/bin/env; mkdir usr/bin/env`

/** What comes before a tool, so that what it keeps for itself is not kept on the host. */
const hide = 'mount -t tmpfs none /var/lib; mount -t tmpfs none /run; exec "$@"'
const hidden = ['unshare', '-m', 'sh', '-ec', hide, 'sh']

/** Missing tools come with `npm run setup -- --with-peers`. */
function peers(context: TestContext, ...tools: string[]): void {
  needs(context, 'root', 'unshare', 'gnu-touch', ...tools)
}

test('a container of the new image sees what the committed one saw', async (context) => {
  needs(context, 'root', 'unshare', 'gnu-touch')
  const lowers = await layerDirs(root, resolve(root, 'site:v1'))
  const mount = `mount -t overlay -o lowerdir=${lowers.join(':')} none merged`
  await $`${hidden} sh -ec ${`${mount}; mkdir again; cp -a merged/. again`}`
  expect(await tree(join(dir, 'again'))).toEqual(seen)
})

describe('skopeo', () => {
  test('inspects both images by name', async (context) => {
    peers(context, 'skopeo')
    for (const name of ['busybox:latest', 'site:v1']) {
      const image = resolve(root, name)
      const inspected = await $`${hidden} skopeo inspect oci:${root}:${name}`.json<unknown>()
      expect(inspected).toMatchObject({
        Digest: image.manifest.digest,
        Architecture: image.config.architecture,
        Layers: image.layers.map(({ digest }) => digest),
      })
    }
    const config = await $`${hidden} skopeo inspect --config oci:${root}:site:v1`.json<unknown>()
    expect(config).toEqual(resolve(root, 'site:v1').config)
  })

  test('copies an image into an archive for docker load, of the same layers', async (context) => {
    peers(context, 'skopeo')
    const archive = join(dir, 'site.tar')
    await $`${hidden} skopeo copy -q oci:${root}:site:v1 docker-archive:${archive}:site:v1`
    const unpacked = join(dir, 'archive')
    mkdirSync(unpacked)
    await $`tar -xf ${archive} -C ${unpacked}`
    const [entry] = JSON.parse(readFileSync(join(unpacked, 'manifest.json'), 'utf8')) as Archive
    const layers = entry?.Layers.map((path) => sha256(readFileSync(join(unpacked, path))))
    expect(layers).toEqual(resolve(root, 'site:v1').config.rootfs.diff_ids)
  })

  test('copies images into the store, where we find them', async (context) => {
    peers(context, 'skopeo')
    await $`${hidden} skopeo copy -q oci:${root}:site:v1 oci:${root}:copied/by/skopeo:v1`
    const copy = resolve(root, 'copied/by/skopeo:v1')
    expect(copy.id).toBe(resolve(root, 'site:v1').id)
    expect(await layerDirs(root, copy)).toHaveLength(2)
  })
})

/** manifest.json of docker save. */
type Archive = { Layers: string[] }[]

describe('umoci', () => {
  test('unpacks what the container saw', async (context) => {
    peers(context, 'umoci')
    await $`${hidden} umoci unpack --image ${root}:site:v1 bundle`
    expect(await tree(join(dir, 'bundle/rootfs'))).toEqual(seen)
  })

  test('writes an image of its own into the store, which we can stack', async (context) => {
    peers(context, 'umoci')
    await $`${hidden} umoci unpack --image ${root}:busybox:latest bundle2`
    await $`cd bundle2/rootfs && rm bin/ash && mkdir srv && echo umoci > srv/page`
    await $`${hidden} umoci repack --image ${root}:by-umoci bundle2`
    const [top = '', ...lower] = await layerDirs(root, resolve(root, 'by-umoci'))
    expect(lower).toEqual(await layerDirs(root, resolve(root, 'busybox')))
    expect(readFileSync(join(top, 'srv/page'), 'utf8')).toBe('umoci\n')
    const mount = `mount -t overlay -o lowerdir=${top}:${lower[0]} none merged`
    const names = (await $`${hidden} sh -ec ${`${mount}; ls merged/bin merged`}`).lines()
    expect(names).toContain('srv')
    expect(names).not.toContain('ash')
    const listed = listImages(root).images.map(({ repository, tag }) => `${repository} ${tag}`)
    expect(listed).toContain('by-umoci <none>')
  })
})

describe('podman', () => {
  test('pulls the image from the store, and its containers see the same', async (context) => {
    peers(context, 'podman')
    const places = ['--root', join(dir, 'podman'), '--runroot', join(dir, 'run')]
    const ways = ['--storage-driver', 'overlay', '--events-backend', 'none']
    const podman = ['podman', ...places, '--tmpdir', join(dir, 'tmp'), ...ways].join(' ')
    const script = `${podman} pull -q oci:root:site:v1; mkdir mounted
      cp -a $(${podman} image mount localhost/root)/. mounted; ${podman} inspect localhost/root`
    const [id, ...json] = (await $`${hidden} sh -ec ${script}`).lines()
    expect(`sha256:${id}`).toBe(resolve(root, 'site:v1').id)
    const [inspected] = JSON.parse(json.join('\n')) as object[]
    expect(inspected).toMatchObject({ Author: 'Ann', Config: { Cmd: ['httpd', '-f'] } })
    // Podman knows no time before 1970.
    const expected = seen.map((line) => line.replace(' -1500000000 ', ' 0 '))
    expect(await tree(join(dir, 'mounted'))).toEqual(expected)
  })
})
