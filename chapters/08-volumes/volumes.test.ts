/** Tests: volumes on the disk; who makes, fills and removes them, also at the same moment. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { imageFor } from '../../runtime/05-commit/image-for.ts'
import { removeContainer } from '../../runtime/06-lifecycle/remove-container.ts'
import { createContainer } from '../../runtime/06-lifecycle/start-container.ts'
import { createVolume, removeUnused, withVolumes } from '../../runtime/08-volumes/change-volumes.ts'
import { removeVolume } from '../../runtime/08-volumes/change-volumes.ts'
import type { AskedMount, AskedVolume } from '../../runtime/08-volumes/mounts.ts'
import { volumeLeftovers } from '../../runtime/08-volumes/volume-leftovers.ts'
import { findVolume, listVolumes, volumeDir, volumePath } from '../../runtime/08-volumes/volumes.ts'
import type { Runtime } from '../../runtime/chapter.ts'
import { listContainers } from '../../runtime/container/find.ts'
import { saveRunning, unmark } from '../../runtime/container/state.ts'
import { namesIn } from '../../runtime/files.ts'
import type { Container } from '../../runtime/options.ts'
import { until } from '../../test/detached.ts'
import { rootWithBusybox, unpacked } from '../../test/busybox.ts'
import { fingerprint } from '../../test/power/fingerprint.ts'
import { runtimeOn } from '../../test/rows.ts'
import { needs } from '../../test/scratch.ts'
import { program, stepbox } from '../../test/stepbox.ts'

const chapter = 8

function volume(source: string | undefined, target = '/bin'): AskedVolume {
  const named = source === undefined ? { isAnonymous: true } : { source }
  return { type: 'volume', ...named, target, readOnly: false, from: 'volume' }
}

async function begun(context: TestContext): Promise<Runtime> {
  needs(context, 'root', 'overlay')
  return runtimeOn(await rootWithBusybox())
}

async function created(runtime: Runtime, ...mounts: AskedMount[]): Promise<Container> {
  const { settings, use } = await imageFor(runtime.root, 'busybox', 'layers')
  const config = { Env: settings.Env ?? [] }
  const asked = { argv: ['true'], env: [], network: 'none', rm: false, chapter, config, mounts }
  return createContainer(runtime, { ...asked, ...use })
}

async function binaries(root: string): Promise<string> {
  const [layer = ''] = await unpacked(root)
  return join(layer, 'bin')
}

describe('on the disk', () => {
  test('a volume is a directory beside a file, closed to others', async (context) => {
    const runtime = await begun(context)
    const { root } = runtime
    const labels = { keep: 'yes' }
    const made = await createVolume(runtime, { name: 'data', labels })
    expect(await createVolume(runtime, { name: 'data', labels: {} })).toEqual(made)
    expect(findVolume(root, 'data')).toEqual(made)
    const about = JSON.parse(readFileSync(join(volumeDir(root, 'data'), 'volume.json'), 'utf8'))
    expect(about).toEqual({ version: 1, created: made.created, labels })
    const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
    expect(modeOf(join(root, 'volumes'))).toBe('700')
    expect(modeOf(volumePath(root, 'data'))).toBe('755')
    expect(namesIn(join(root, 'tmp'))).toEqual([])
  })

  test('what was written about a volume may be damaged; its data count', async (context) => {
    const runtime = await begun(context)
    const { root } = runtime
    await createVolume(runtime, { name: 'data' })
    writeFileSync(join(volumeDir(root, 'data'), 'volume.json'), '{"ver')
    expect(listVolumes(root).map(({ name }) => name)).toEqual(['data'])
    await removeVolume(runtime, 'data')
    expect(namesIn(join(root, 'volumes'))).toEqual([])
  })
})

describe('copy-up', () => {
  test('fills each empty volume whole, and no other', async (context) => {
    const runtime = await begun(context)
    const { root } = runtime
    await createVolume(runtime, { name: 'other' })
    writeFileSync(join(volumePath(root, 'other'), 'mine'), '')
    await created(runtime, volume('data'), volume('other', '/etc'), volume('second', '/bin/.'))
    const whole = fingerprint(await binaries(root))
    expect(fingerprint(volumePath(root, 'data'))).toBe(whole)
    expect(fingerprint(volumePath(root, 'second'))).toBe(whole)
    expect(namesIn(volumePath(root, 'other'))).toEqual(['mine'])
  })

  test('into a volume that another container has open keeps its directory', async (context) => {
    const runtime = await begun(context)
    const { root } = runtime
    const first = await created(runtime, { ...volume('data'), noCopy: true })
    const { ino } = statSync(volumePath(root, 'data'))
    expect(namesIn(volumePath(root, 'data'))).toEqual([])
    saveRunning(root, { ...first, status: 'running' }) // as far as others can see
    await created(runtime, volume('data'))
    unmark(root, first.id)
    expect(statSync(volumePath(root, 'data')).ino).toBe(ino)
    expect(fingerprint(volumePath(root, 'data'))).toBe(fingerprint(await binaries(root)))
    expect(namesIn(volumeDir(root, 'data'))).toEqual(['_data', 'volume.json'])
  })

  const others = ['the next container', 'reset']
  test.for(others)('that was interrupted there is finished by %s', async (who, context) => {
    const runtime = await begun(context)
    const { root } = runtime
    await created(runtime, volume('data'))
    const [data, filling] = [volumePath(root, 'data'), join(volumeDir(root, 'data'), 'filling')]
    renameSync(data, filling)
    mkdirSync(data, { mode: 0o700 })
    renameSync(join(filling, 'busybox'), join(data, 'busybox')) // it had come so far
    if (who === 'reset') for (const { remove } of volumeLeftovers({ root })) await remove?.()
    else await created(runtime, volume('data'))
    expect(volumeLeftovers({ root })).toEqual([])
    expect(fingerprint(data)).toBe(fingerprint(await binaries(root)))
    expect(existsSync(filling)).toBe(false)
  })
})

test('a full disk leaves a volume empty or unmade, in one clear line', async (context) => {
  needs(context, 'root', 'overlay', 'unshare')
  const root = await rootWithBusybox()
  const script = `mkdir '${root}/mnt'; mount -t tmpfs -o size=12m tmpfs '${root}/mnt'
    cp -a '${root}'/index.json '${root}'/oci-layout '${root}'/blobs '${root}/mnt'
    export STEPBOX_ROOT='${root}/mnt'; cd '${root}/mnt'
    sb() { '${process.execPath}' '${program}' "$@" 2>&1; }
    sb run --rm busybox true; cat /dev/zero 2> /dev/null > fill; sb volume create data
    truncate -s -400K fill; sb run --rm -v data:/bin busybox true; ls tmp containers running
    sb volume ls -q; ls volumes/data/_data; rm fill
    sb run --rm -v data:/bin busybox true; cmp volumes/data/_data/busybox layers/*/bin/busybox
    echo "compared $?"`
  const { stdout } = spawnSync('unshare', ['-m', 'sh', '-c', script], { encoding: 'utf8' })
  const full = 'stepbox: the disk that holds ROOT is full;'
  expect(stdout.replaceAll(`${root}/mnt`, 'ROOT').trim().split('\n')).toEqual([
    `${full} volume 'data' was not made`,
    `${full} volume 'data' is still empty`,
    ...['containers:', '', 'running:', '', 'tmp:', 'data', 'compared 0'],
  ])
})

describe('a container that is on record', () => {
  test('keeps its volume; one without a name goes with the last that has it', async (context) => {
    const runtime = await begun(context)
    const { root } = runtime
    const { id, name } = await created(runtime, volume('data'), volume(undefined, '/srv'))
    await expect(removeVolume(runtime, 'data')).rejects.toThrow(
      `remove data: volume is in use - [${id}]`,
    )
    const { use } = await imageFor(root, 'busybox', 'layers')
    const asked = { argv: ['true'], env: [], network: 'none', rm: false, chapter }
    const other = await createContainer(runtime, { ...asked, ...use, volumesFrom: [`${name}:ro`] })
    expect(other.mounts).toMatchObject([
      { source: 'data', readOnly: true, from: 'container' },
      { target: '/srv', readOnly: true, isAnonymous: true },
    ])
    await removeContainer(runtime, id, { isWhole: true })
    expect(listVolumes(root)).toHaveLength(2)
    await removeContainer(runtime, other.id, { isWhole: true })
    expect(listVolumes(root).map((each) => each.name)).toEqual(['data'])
  })

  test('that cannot be made leaves no volume without a name', async (context) => {
    const runtime = await begun(context)
    const { root } = runtime
    await expect(created(runtime, volume(undefined, '/srv'), volume('data', '/bin/sh')))
      .rejects.toThrow("'/bin/sh' is a file, and a volume is a directory")
    expect(listVolumes(root).map(({ name }) => name)).toEqual(['data'])
    for (const place of ['containers', 'names', 'running', 'tmp'])
      expect([place, namesIn(join(root, place))]).toEqual([place, []])
  })
})

test('a volume is mounted at each start, also when a monitor starts it again', async (context) => {
  const { root } = await begun(context)
  const type = async (line: string) => (await stepbox(line.split(' '), { root })).out.trim()
  await type('run -d --restart on-failure:2 --name box -v data:/x busybox false')
  await until(() => listContainers(root)[0]?.status === 'exited')
  const format = '{{.Type}}:{{.Action}}'
  const all = await type(`events --since 10m --until 0s --filter volume=data --format ${format}`)
  const once = ['volume:mount', 'volume:unmount']
  expect(all.split('\n')).toEqual(['volume:create', ...once, ...once, ...once])
})

describe('at the same moment', () => {
  test('a name is made once', async (context) => {
    const runtime = await begun(context)
    const all = await Promise.all([1, 2, 3].map(() => createVolume(runtime, { name: 'data' })))
    expect(new Set(all.map((each) => each.created)).size).toBe(1)
  })

  test.for(['volume rm', 'volume prune'])(
    'a container has its volume: beside %s',
    { timeout: 60_000 },
    async (what, context) => {
      const runtime = await begun(context)
      const { root } = runtime
      for (let round = 0; round < 8; round++) {
        await createVolume(runtime, { name: 'data' })
        const removing = () =>
          what === 'volume rm' ? removeVolume(runtime, 'data') : removeUnused(runtime, ['data'])
        const both = [created(runtime, volume('data')), removing()] as const
        const [made, removed] = await Promise.allSettled(both)
        if (made.status === 'rejected') throw made.reason
        expect(fingerprint(volumePath(root, 'data'))).toBe(fingerprint(await binaries(root)))
        if (removed.status === 'rejected')
          expect(String(removed.reason)).toContain('remove data: volume is in use - [')
        await removeContainer(runtime, made.value.id, {})
      }
    },
  )

  test('a container whose lender goes, with its volume, is not created', async (context) => {
    const runtime = await begun(context)
    const { root } = runtime
    const lender = await created(runtime, volume(undefined))
    const [lent] = listVolumes(root)
    const { settings, use } = await imageFor(root, 'busybox', 'layers')
    const config = { Env: settings.Env ?? [] }
    const asked = { argv: ['true'], env: [], network: 'none', rm: false, chapter, config, ...use }
    const [name, volumesFrom] = ['late', [lender.name]]
    const making = await withVolumes(root, async () => {
      const late = createContainer(runtime, { ...asked, name, volumesFrom }).then(
        () => 'it was created',
        (error: Error) => error.message,
      )
      await until(() => namesIn(join(root, 'names')).includes(name)) // it waits for the volumes
      rmSync(volumeDir(root, lent?.name ?? ''), { recursive: true })
      return { late }
    })
    expect(await making.late).toMatch(/^volume '\w{64}' is gone; /)
    expect(listContainers(root).map((each) => each.name)).toEqual([lender.name])
    expect(listVolumes(root)).toEqual([])
  })

  test('two that fill one volume fill it once', async (context) => {
    const runtime = await begun(context)
    const { root } = runtime
    await Promise.all([1, 2, 3].map(() => created(runtime, volume('data'))))
    expect(fingerprint(volumePath(root, 'data'))).toBe(fingerprint(await binaries(root)))
    expect(namesIn(join(root, 'tmp'))).toEqual([])
  })
})
