/** The write layer: what the list says, and what the host sees of it. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listContainers } from '../../runtime/container/find.ts'
import { containerDir } from '../../runtime/container/state.ts'
import { layOut } from '../../runtime/04-overlay/init-layer.ts'
import { planOptions } from '../../runtime/chapter.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import { strace } from '../../runtime/strace.ts'
import { rootWithBusybox, unpacked } from '../../test/busybox.ts'
import { carryOut } from '../../test/carry-out.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { start, stepbox } from '../../test/stepbox.ts'
import { plan } from './plan.ts'

const ordinary = planOptions([], {
  argv: ['sh'],
  env: ['PATH=/bin'],
  hostname: 'box',
  network: 'none',
  group: { name: 'stepbox-1', cgroups: { hierarchies: [] }, limits: {} },
  layers: ['init', 'lower0'],
  dir: '/containers/1',
  readOnly: false,
})

function added(options: Partial<PlanOptions> = {}): string[] {
  const list = plan({ ...ordinary, ...options })
  return list.filter(({ chapter }) => chapter === 4).map(({ call }) => strace(call))
}

describe('the list', () => {
  it('goes to the container and stacks its layers by short names', () => {
    const plain = 'redirect_dir=off,metacopy=off,index=off'
    expect(added()).toEqual([
      'chdir("/containers/1")',
      'mount("overlay", "merged", "overlay", 0, ' +
        `"lowerdir=init:lower0,upperdir=upper,workdir=work,${plain}")`,
    ])
  })

  it('makes the root read-only last of all, when everything in it is made', () => {
    const lines = plan({ ...ordinary, readOnly: true }).map(({ call }) => strace(call))
    const [last] = lines.filter((line) => line.startsWith('mount(')).slice(-1)
    expect(last).toBe('mount(NULL, "/", NULL, MS_REMOUNT|MS_BIND|MS_RDONLY, NULL)')
  })
})

describe('what a container writes', () => {
  it('leaves the image as it was, byte for byte', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    await stepbox(['run', '--rm', 'busybox', 'true'], { root })
    const [layer = ''] = await unpacked(root)
    const before = sumOf(layer)
    const script = 'echo changed > /etc/passwd; rm -r /var /etc/group; chmod 700 /tmp; mkdir /new'
    await stepbox(['run', 'busybox', 'sh', '-c', script], { root })
    expect(sumOf(layer)).toBe(before)
  })

  it('is whole files in upper, and 0:0 devices for what it deleted', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const script = 'echo one more >> /etc/passwd; rm /etc/group'
    await stepbox(['run', '--name', 'c', 'busybox', 'sh', '-c', script], { root })
    const [{ id = '' } = {}] = listContainers(root)
    const upper = join(containerDir(root, id), 'upper')
    expect(readFileSync(join(upper, 'etc/passwd'), 'utf8')).toMatch(/^root:.*one more\n$/s)
    const whiteout = lstatSync(join(upper, 'etc/group'))
    expect([whiteout.isCharacterDevice(), whiteout.rdev]).toEqual([true, 0])
    const { out } = await stepbox(['diff', 'c'], { root })
    expect(out).toBe('C /etc\nD /etc/group\nC /etc/passwd\n')
  })

  it('is not seen by another container of the same image', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const script = 'echo secret > /mine; echo ready; while :; do sleep 1000; done'
    const first = start(['run', '--rm', 'busybox', 'sh', '-c', script], { root })
    await first.says('ready')
    const second = await stepbox(['run', '--rm', 'busybox', 'cat', '/mine'], { root })
    first.process.kill('SIGINT')
    first.process.kill('SIGKILL')
    await first.ended
    expect(second.err).toContain("can't open '/mine'")
    await stepbox(['ps'], { root })
  })

  it('cannot be anything with --read-only, while /dev and /proc still work', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const script = 'touch /x; echo fine > /dev/null && echo fine > /dev/shm/x && echo dev works'
    const ended = await stepbox(['run', '--rm', '--read-only', 'busybox', 'sh', '-c', script], {
      root,
    })
    expect(ended.out).toBe('dev works\n')
    expect(ended.err).toContain('Read-only file system')
  })

  it('stays after the end, unless --rm was given', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    await stepbox(['run', '--rm', 'busybox', 'touch', '/x'], { root })
    expect(readdirSync(join(root, 'containers'))).toEqual([])
    await stepbox(['run', '--name', 'kept', 'busybox', 'touch', '/x'], { root })
    const [id = ''] = readdirSync(join(root, 'containers'))
    expect(existsSync(join(containerDir(root, id), 'upper/x'))).toBe(true)
    await stepbox(['rm', 'kept'], { root })
    expect(readdirSync(join(root, 'containers'))).toEqual([])
  })
})

describe('the container-init layer', () => {
  it('tells the container its name, and is in neither image nor diff', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const script = 'cat /etc/hostname; grep -c told /etc/hosts; echo 1 >> /etc/hosts'
    const args = ['run', '--name', 'c', '-h', 'told', 'busybox', 'sh', '-c', script]
    expect((await stepbox(args, { root })).out).toBe('told\n1\n')
    expect((await stepbox(['diff', 'c'], { root })).out).toBe('')
    const [layer = ''] = await unpacked(root)
    expect(existsSync(join(layer, 'etc/hostname'))).toBe(false)
  })
})

describe('what others cannot reach', () => {
  it("a set-user-id file in a write layer is behind a directory of root's", async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const script = 'cp /bin/busybox /su; chmod 4755 /su'
    await stepbox(['run', 'busybox', 'sh', '-c', script], { root })
    const [id = ''] = readdirSync(join(root, 'containers'))
    expect(statSync(containerDir(root, id)).mode & 0o777).toBe(0o700)
  })
})

describe('the mount', () => {
  it('takes 128 layers, below a path with a comma, a colon and a backslash', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const [busybox = ''] = await unpacked(root)
    const place = join(scratch(), 'a,b:c\\d')
    const layers = Array.from({ length: 127 }, (_, at) => join(place, `layer${at}`))
    layers.forEach((layer, at) => {
      mkdirSync(layer, { recursive: true })
      writeFileSync(join(layer, 'who'), `${at}\n`)
      writeFileSync(join(layer, `file${at}`), '')
      chmodSync(layer, 0o755)
    })
    const dir = join(place, 'container')
    mkdirSync(dir)
    const names = layOut(dir, [...layers, busybox], { hostname: 'box', resolver: '' })
    const script = 'cat /who; ls -d /file* | wc -l; grep " / / " /proc/self/mountinfo'
    const { out } = await carryOut(
      plan({ ...ordinary, layers: names, dir, argv: ['sh', '-c', script] }),
    )
    const [topmost, count, mountinfo] = out.split('\n')
    expect([topmost, count]).toEqual(['0', '127'])
    expect(mountinfo).toContain('lowerdir=init:lower0:lower1')
    expect(mountinfo).not.toContain(place)
  })

  it('is in no table of the host', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const args = ['run', '--rm', 'busybox', 'sh', '-c', 'echo ready; sleep 1000']
    const running = start(args, { root })
    await running.says('ready')
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    running.process.kill('SIGKILL')
    await running.ended
    expect(mounts).not.toContain(root)
    await stepbox(['ps'], { root })
  })
})

/** Every name, mode and content under `dir`, as one number. */
function sumOf(dir: string): string {
  const hash = createHash('sha256')
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()
  for (const name of names) {
    const path = join(dir, name)
    const stat = lstatSync(path)
    hash.update(`${name} ${stat.mode} ${stat.mtimeMs} ${stat.size}\n`)
    if (stat.isFile()) hash.update(readFileSync(path))
  }
  return hash.digest('hex')
}
