/** Virtual machine. Folders of the host in the guest, live, by way of virtiofsd. */
import { existsSync, realpathSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import type { Launch } from '../native.ts'
import { onPath } from '../tools/programs.ts'
import { toolStep, type Step } from '../step.ts'
import { startProgram } from './program.ts'
import type { Shared } from './qemu.ts'

/** A folder to share: where it is here, where it is there, and whether the guest may write. */
export interface Share {
  source: string
  target: string
  readOnly: boolean
}

/** `DIR[:PATH][:ro]`; without a path it is `/share/NAME` in the guest. */
export function parseShare(text: string): Share {
  const readOnly = text.endsWith(':ro')
  const rest = readOnly ? text.slice(0, -3) : text
  const colon = rest.lastIndexOf(':')
  const [dir, path] = colon > 0 ? [rest.slice(0, colon), rest.slice(colon + 1)] : [rest, undefined]
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`cannot share '${dir}': it is no directory here`)
  const source = realpathSync(dir)
  const target = path ?? `/share/${source.slice(source.lastIndexOf('/') + 1)}`
  if (!/^\/[^\0\n]+$/.test(target))
    throw new Error(`cannot share at '${target}': not a path from /`)
  return { source, target, readOnly }
}

export interface Served extends Shared, Share {}

/**
 * Serve `shares`, each by a virtiofsd of its own that ends with the machine, on sockets in `dir`,
 * named relative to it, because a socket's path has room for 107 bytes (unix(7)).
 * `stop` ends those that no machine has come for. Without root each runs as root of a user
 * namespace that holds the caller alone: every file then belongs to the guest's root.
 */
export async function serve(
  shares: Share[],
  dir: string,
): Promise<{ served: Served[]; stop: () => void }> {
  if (shares.length === 0) return { served: [], stop: () => {} }
  const program = virtiofsd()
  const begun: Launch[] = []
  const stop = () => begun.forEach((each) => each.abandon())
  const served = shares.map((share, at): Served => {
    return { ...share, tag: `share${at}`, socket: `${at}` }
  })
  try {
    for (const each of served) {
      const launched = begin(program, each, dir)
      begun.push(launched)
      await listening(launched, each.source, join(dir, each.socket))
    }
    return { served, stop }
  } catch (error) {
    stop()
    throw error
  }
}

function begin(program: string, { source, socket, readOnly }: Served, cwd: string): Launch {
  const isOld = program.includes('/qemu/') // QEMU's own, in C, until QEMU 8
  const argv = isOld
    ? [program, `--socket-path=${socket}`, '-o', `source=${source}`, '-o', 'sandbox=chroot']
    : [program, `--socket-path=${socket}`, `--shared-dir=${source}`, '--sandbox=chroot']
  return startProgram(argv, {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    before: [...ownNamespaces(), ...(readOnly ? frozen(source) : [])],
  })
}

/** Until virtiofsd has made its socket; rejects with its last word when it ends before. */
async function listening(launched: Launch, source: string, socket: string): Promise<void> {
  let said = ''
  launched.process.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const early = launched.outcome.then(({ failure, refused }) => {
    const why = refused ?? failure?.errno ?? said.trim().split('\n').at(-1) ?? 'no reason given'
    throw new Error(`cannot share ${source}: virtiofsd: ${why}`)
  })
  early.catch(() => {}) // ignoring: afterwards it has ended because the machine has
  const made = appears(socket)
  await Promise.race([early, made.promise]).finally(made.stop)
}

function virtiofsd(): string {
  const places = ['/usr/libexec/virtiofsd', '/usr/lib/virtiofsd', '/usr/lib/qemu/virtiofsd']
  const found = onPath('virtiofsd') ?? places.find((path) => existsSync(path))
  if (found) return found
  throw new Error(
    [
      'no virtiofsd here to share a folder with',
      '  Debian 12        it is in qemu-system-common, beside QEMU',
      '  Debian 13, Ubuntu, Fedora, Arch: the package is called virtiofsd',
    ].join('\n'),
  )
}

/** A /run that virtiofsd may write to, and rights over what is the caller's. */
function ownNamespaces(): Step[] {
  const uid = process.geteuid?.() ?? 0
  const gid = process.getegid?.() ?? 0
  const map = (file: string, text: string) =>
    toolStep(['write', `/proc/self/${file}`, text], 'who is who in the new user namespace')
  const user = [
    toolStep(['unshare', ['CLONE_NEWUSER', 'CLONE_NEWNS']], 'root over nothing but its own'),
    map('setgroups', 'deny'),
    map('uid_map', `0 ${uid} 1`),
    map('gid_map', `0 ${gid} 1`),
  ]
  return [
    ...(uid === 0 ? [toolStep(['unshare', ['CLONE_NEWNS']], 'its mounts are its own')] : user),
    toolStep(['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null], 'and stay its own'),
    toolStep(
      ['mount', 'tmpfs', '/run', 'tmpfs', [], null],
      'it keeps a file of its process id there',
    ),
  ]
}

/** The kernel of the host sees to it that nothing is written, whatever the guest does. */
function frozen(dir: string): Step[] {
  return [
    toolStep(
      ['mount', dir, dir, null, ['MS_BIND', 'MS_REC'], null],
      'only a mount can be read-only',
    ),
    toolStep(
      ['mount', null, dir, null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null],
      'as asked for',
    ),
  ]
}

/** Until the file at `path` is there; `stop` is for who no longer waits. */
function appears(path: string): { promise: Promise<void>; stop: () => void } {
  let isThere = () => {}
  const promise = new Promise<void>((resolve) => (isThere = resolve))
  const look = () => void (existsSync(path) && isThere())
  const watcher = watch(join(path, '..'), look)
  look()
  return { promise, stop: () => watcher.close() }
}
