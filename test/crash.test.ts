/** Tests. Bad luck: kill -9 at any moment, many at once, a full disk. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { listContainers } from '../runtime/container/find.ts'
import { rootWithBusybox } from './busybox.ts'
import { runningContainer, gone, expectNothingLeft } from './running.ts'
import { needs } from './scratch.ts'
import { program, start, stepbox } from './stepbox.ts'

/** Monitors may be clearing up still. */
const patience = { timeout: 20_000, interval: 20 }

describe('kill -9', () => {
  test('of stepbox ends the container, whose monitor clears up', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const { started, container } = await runningContainer(root, ['--name', 'victim'])
    started.process.kill('SIGKILL')
    await started.ended
    await gone(container)
    const { out } = await stepbox(['ps', '-a'], { root })
    expect(out).toMatch(/Exited \(137\).*victim/)
    await expectNothingLeft(root, container)
    expect(await stepbox(['rm', 'victim'], { root })).toMatchObject({ code: 0, out: 'victim\n' })
  })

  test('of stepbox with --rm leaves nothing after the next command', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const { started, container } = await runningContainer(root, ['--rm'])
    started.process.kill('SIGKILL')
    await started.ended
    await gone(container)
    await stepbox(['run', '--rm', 'busybox', 'true'], { root })
    await expectNothingLeft(root, container)
    await vi.waitFor(() => {
      for (const dir of ['containers', 'names', 'running', 'tmp'])
        expect([dir, readdirSync(join(root, dir))]).toEqual([dir, []])
    }, patience)
  })

  test('of the native program ends the container, and stepbox clears up', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const { started, container } = await runningContainer(root, [])
    process.kill(container.monitor.pid, 'SIGKILL')
    const { code } = await started.ended
    expect(code).toBe(125)
    await gone(container)
    await expectNothingLeft(root, container)
  })

  test('at any moment of a start is put in order by the next command', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    await stepbox(['run', '--rm', 'busybox', 'true'], { root })
    for (let delay = 0; delay < 160; delay += 8) {
      const started = start(['run', 'busybox', 'true'], { root })
      const timer = setTimeout(() => started.process.kill('SIGKILL'), delay)
      await started.ended
      clearTimeout(timer)
    }
    expect((await stepbox(['ps'], { root })).out.trim().split('\n')).toHaveLength(1)
    await vi.waitFor(() => expect(readdirSync(join(root, 'running'))).toEqual([]), patience)
    const kept = listContainers(root)
    expect(readdirSync(join(root, 'containers')).sort()).toEqual(kept.map(({ id }) => id).sort())
    for (const { groups = [] } of kept) expect(groups.filter(existsSync)).toEqual([])
    const { code } = await stepbox(['rm', ...kept.map(({ name }) => name)], { root })
    expect(code).toBe(kept.length > 0 ? 0 : 125)
  })
})

describe('what a power cut leaves', () => {
  test('of a mark that was not written yet goes, and the name is free', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    await stepbox(['run', '--name', 'victim', 'busybox', 'true'], { root })
    const [victim] = listContainers(root)
    const { id = '' } = victim ?? {}
    rmSync(join(root, 'containers', id, 'state.json'))
    for (const path of [`running/${id}`, `tmp/stage_${process.pid}_1_before_${id}`])
      writeFileSync(join(root, path), '')
    expect(await stepbox(['ps', '-aq'], { root })).toMatchObject({ out: '', err: '', code: 0 })
    for (const dir of ['containers', 'names', 'running', 'tmp'])
      expect([dir, readdirSync(join(root, dir))]).toEqual([dir, []])
    const again = await stepbox(['run', '--name', 'victim', 'busybox', 'true'], { root })
    expect(again).toMatchObject({ code: 0, err: '' })
  })

  test('of the mark of a container that had ended goes, and its end stays', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const script = "trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    const { container, started } = await runningContainer(root, ['--name', 'victim'], script)
    started.process.kill('SIGTERM')
    expect(await started.ended).toMatchObject({ code: 0 })
    writeFileSync(join(root, 'running', container.id), JSON.stringify(container))
    expect((await stepbox(['ps', '-a'], { root })).out).toMatch(/Exited \(0\).*victim/)
    expect(readdirSync(join(root, 'running'))).toEqual([])
  })
})

describe('signals', () => {
  test('SIGTERM goes to the container, and its exit code comes back', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const script = "trap 'echo got it; exit 3' TERM; echo ready; while :; do sleep 0.05; done"
    const started = start(['run', '--rm', 'busybox', 'sh', '-c', script], { root })
    await started.says('ready')
    started.process.kill('SIGTERM')
    expect(await started.ended).toMatchObject({ code: 3, out: 'ready\ngot it\n' })
  })

  test('the third SIGINT kills what ignores the first two', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const script = "trap 'echo no' INT; echo ready; while :; do sleep 0.05; done"
    const { started, container } = await runningContainer(root, [], script)
    for (const answer of ['ready\nno\n', 'ready\nno\nno\n']) {
      started.process.kill('SIGINT')
      await started.says(answer)
    }
    started.process.kill('SIGINT')
    expect(await started.ended).toMatchObject({ code: 137, out: 'ready\nno\nno\n' })
    await gone(container)
    await expectNothingLeft(root, container)
  })
})

describe('a full disk', () => {
  /** A data root of 12 MB with the image in it, and what `sb` says there. */
  async function onSmallDisk(commands: string) {
    const root = await rootWithBusybox()
    const script = `mkdir '${root}/mnt'; mount -t tmpfs -o size=12m tmpfs '${root}/mnt'
      cp -a '${root}'/index.json '${root}'/oci-layout '${root}'/blobs '${root}/mnt'
      export STEPBOX_ROOT='${root}/mnt'
      sb() { '${process.execPath}' '${program}' "$@"; }
      ${commands}`
    const { stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script], {
      encoding: 'utf8',
    })
    return { out: stdout.trim().split('\n'), err: stderr.replaceAll(`${root}/mnt`, 'ROOT') }
  }

  test('stops a commit in one clear line, and every image is still there', async (context) => {
    needs(context, 'root', 'unshare')
    const { out, err } = await onSmallDisk(`
      sb run --name full busybox sh -c 'head -c 6000000 /dev/urandom > /data'
      sb commit full big; echo "commit $?"
      find "$STEPBOX_ROOT/tmp" -type f | wc -l
      sb images -q | wc -l
      sb run --rm busybox echo still here`)
    expect(err).toBe('stepbox: the disk that holds ROOT is full; nothing was changed\n')
    expect(out).toEqual(['commit 1', '0', '1', 'still here'])
  })

  test('by a container, to the last byte, is no reason to lose the container', async (context) => {
    needs(context, 'root', 'unshare')
    const fill = 'cat /dev/zero > /large; for i in $(seq 99); do : > /$i; echo more > /$i; done'
    const { out, err } = await onSmallDisk(`
      sb run --name large busybox sh -c '(${fill}) 2> /dev/null; exit 3'; echo "run $?"
      sb run busybox true; echo "another $?"
      sb ps -a | grep -o 'Exited (3).*large'
      sb rm large; find "$STEPBOX_ROOT"/tmp "$STEPBOX_ROOT"/running -type f
      sb run --rm busybox echo room again`)
    expect(err).toBe('stepbox: the disk that holds ROOT is full; nothing was changed\n')
    const kept = expect.stringMatching(/^Exited \(3\).*large$/)
    expect(out).toEqual(['run 3', 'another 125', kept, 'large', 'room again'])
  })
})
