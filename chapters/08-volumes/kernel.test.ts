/** Tests: what volumes ask of the kernel, from the command line to the mount table. */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { namesIn } from '../../runtime/files.ts'
import { beginning, bpf, encoded, verdict, when } from '../../runtime/seccomp.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { carryOut, steps } from '../../test/carry-out.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { program, stepbox } from '../../test/stepbox.ts'

/** What mounts a volume, by its number, and the version of Linux that has it. */
const calls: [name: string, number: number, since: string][] = [
  ['open_tree', 428, '5.2'],
  ['move_mount', 429, '5.2'],
  ['openat2', 437, '5.6'],
  ['mount_setattr', 442, '5.12'],
]

describe('on a kernel that does not have it', () => {
  test.for(calls)('%s is named, and nothing is left', async ([name, number, since], context) => {
    needs(context, 'root', 'overlay', 'mount-trees')
    const root = await rootWithBusybox()
    const filter = [
      ...beginning(process.arch),
      ...when([bpf.isEqual, number], verdict.ENOSYS),
      [bpf.answer, 0, 0, verdict.allow] as [number, number, number, number],
    ]
    const run = ['run', '--rm', '-v', `${scratch()}:/given:ro`, 'busybox', 'true']
    const argv = [process.execPath, program, ...run]
    const env = [`PATH=${process.env['PATH']}`, `STEPBOX_ROOT=${root}`]
    const plan = steps(['seccomp', encoded(filter)], ['execvpe', process.execPath, argv, env])
    const { exitCode, err } = await carryOut(plan)
    const [call, , why] = err.split('\n')
    expect(exitCode).toBe(125)
    expect(call).toMatch(new RegExp(`^stepbox: ${name}\\(.* = ENOSYS$`))
    expect(why?.trim()).toBe(
      'this kernel is too old for volumes, or a filter denies it: ' +
        `Linux ${since}, with ${name}(2)`,
    )
    const left = ['containers', 'names', 'running', 'tmp'].map((dir) => namesIn(join(root, dir)))
    expect(left.flat()).toEqual([])
  })
})

/** Runs `script` in a private mount namespace whose mounts are shared, as on most systems. */
async function onSharedMounts(root: string, script: string): Promise<string> {
  const sb = `sb() { "${process.execPath}" "${program}" "$@"; }`
  const argv = ['-m', '--propagation', 'shared', 'sh', '-ec', `${sb}; ${script}`]
  const env = { PATH: process.env['PATH'] ?? '', STEPBOX_ROOT: root }
  return (await promisify(execFile)('unshare', argv, { env })).stdout
}

test('-v DIR:/g:rslave and :rshared pass later mounts on, one way and both', async (context) => {
  needs(context, 'root', 'overlay', 'mount-trees', 'util-linux-unshare')
  const root = await rootWithBusybox()
  const dir = scratch()
  const modes = ['rprivate', 'rslave', 'rshared']
  for (const mode of modes)
    for (const side of ['host', 'own']) mkdirSync(join(dir, mode, side), { recursive: true })
  const flags = modes.map((mode) => `-v ${dir}/${mode}:/${mode}:${mode}`).join(' ')
  const all = modes.join(' ')
  const inside = `for d in ${all}; do mount -t tmpfs late /$d/own; done`
  const seen = `for d in ${all}; do grep -c " /$d/host " /proc/mounts; done || true`
  const out = await onSharedMounts(
    root,
    `sb run -d --name box ${flags} busybox sleep 1000 > ${dir}/id
     sb exec box sh -c '${inside}'
     for d in ${all}; do mount -t tmpfs late ${dir}/$d/host; done
     for d in ${all}; do grep -c " ${dir}/$d/own " /proc/mounts || true; done
     sb exec box sh -c '${seen}'
     sb rm -f box > ${dir}/id; umount -R ${dir}/*/host`,
  )
  const [r, s, b, inBoxR, inBoxS, inBoxB] = out.trim().split('\n').map(Number)
  expect({ onHost: [r, s, b], inBox: [inBoxR, inBoxS, inBoxB] }).toEqual({
    onHost: [0, 0, 1],
    inBox: [0, 1, 1],
  })
}, 60_000)

test('bind-recursive says what may be written below, and what is there', async (context) => {
  needs(context, 'root', 'overlay', 'mount-trees', 'util-linux-unshare')
  const root = await rootWithBusybox()
  const dir = scratch()
  mkdirSync(join(dir, 'below'))
  const words = ['enabled', 'writable', 'readonly', 'disabled']
  const touch = 'touch /g/a || echo -n a; touch /g/below/b || echo -n b; ls /g/below; echo'
  const run = `sb run --rm --mount type=bind,src=${dir},dst=/g,ro,bind-recursive`
  const out = await onSharedMounts(
    root,
    `mount -t tmpfs more ${dir}/below; touch ${dir}/below/c
     for word in ${words.join(' ')}; do
       ${run}=$word busybox sh -c '${touch}' 2> /dev/null | xargs; rm -f ${dir}/below/b
     done
     umount ${dir}/below`,
  )
  expect(out.split('\n')).toEqual(['abc', 'ab c', 'abc', 'ab', ''])
}, 60_000)

test('a device and a directory are given to an --init on a terminal', async (context) => {
  needs(context, 'root', 'overlay', 'mount-trees')
  const root = await rootWithBusybox()
  const dir = scratch()
  writeFileSync(join(dir, 'file'), '')
  const flags = ['--rm', '-t', '--init', '-v', `${dir}:/a`, '-v', '/dev/null:/dev/mine']
  const script = 'stat -c %F /dev/mine; echo x > /dev/mine && ls /a; test $$ -ne 1 && tty'
  const { code, out } = await stepbox(['run', ...flags, 'busybox', 'sh', '-c', script], { root })
  expect(out.split('\r\n')).toEqual(['character special file', 'file', '/dev/pts/0', ''])
  expect(code).toBe(0)
})

test('with fewer descriptors than volumes, the limit is named', async (context) => {
  needs(context, 'root', 'overlay', 'mount-trees')
  const root = await rootWithBusybox()
  const dir = scratch()
  const flags = Array.from({ length: 60 }, (_, at) => ['-v', `${dir}:/a${at}`]).flat()
  const words = [process.execPath, program, 'run', '--rm', ...flags, 'busybox', 'ls', '-d', '/a59']
  const limited = (most: number) => {
    const argv = ['-c', `ulimit -n ${most}; exec "$@"`, 'sh', ...words]
    const env = { PATH: process.env['PATH'] ?? '', STEPBOX_ROOT: root }
    return promisify(execFile)('sh', argv, { env }).catch((error: Error) => error.message)
  }
  const said = await limited(64)
  expect(said).toContain('it may have 64 files open at most; to raise that: ulimit -n 1024')
  expect(await limited(1024)).toMatchObject({ stdout: '/a59\n' })
})
