/** Shares folders of the host with the guest through virtiofsd. */
import { existsSync, realpathSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import type { Launch } from '../native.ts'
import { toolStep, type Step } from '../step.ts'
import { onPath } from '../tools/programs.ts'
import { harmlessFiles } from './harmless-files.ts'
import { startProgram } from './program.ts'
import type { Shared } from './qemu.ts'

/** A folder to share: its path on the host (`source`) and in the guest (`target`). */
export interface Share {
  source: string
  target: string
  readOnly: boolean
}

/** Parse `DIR[:PATH][:ro]`; without PATH, the folder is `/share/NAME` in the guest. */
export function parseShare(text: string): Share {
  const readOnly = text.endsWith(':ro')
  const rest = readOnly ? text.slice(0, -3) : text
  const colon = rest.lastIndexOf(':')
  const [dir, path] = colon > 0 ? [rest.slice(0, colon), rest.slice(colon + 1)] : [rest, undefined]
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`cannot share '${dir}': not a directory here`)
  const source = realpathSync(dir)
  const target = path ?? `/share/${source.slice(source.lastIndexOf('/') + 1)}`
  if (!/^\/[^\0\n]+$/.test(target))
    throw new Error(`cannot share at '${target}': not a path from /`)
  return { source, target, readOnly }
}

/** A share with its virtiofsd running. */
export interface Served extends Shared, Share {}

/**
 * Start a virtiofsd for each share, on a socket in `dir`. The sockets' paths are relative to `dir`,
 * because the path of a socket has room for 107 bytes (unix(7)). A virtiofsd ends with its machine;
 * `stop` ends those that no machine has connected to. Without root each runs in a user namespace
 * that maps only the caller: to the guest every file of the caller belongs to root. None can make a
 * device or a file that gives its owner's rights to whoever executes it.
 */
export async function serve(
  shares: Share[],
  dir: string,
): Promise<{ served: Served[]; stop: () => void }> {
  if (shares.length === 0) return { served: [], stop: () => {} }
  const program = virtiofsd()
  const started: Launch[] = []
  const stop = () => started.forEach((each) => each.abandon())
  const served = shares.map((share, at): Served => {
    return { ...share, tag: `share${at}`, socket: `${at}` }
  })
  try {
    for (const each of served) {
      const launched = startServer(program, each, dir)
      started.push(launched)
      await listening(launched, each.source, join(dir, each.socket))
    }
    return { served, stop }
  } catch (error) {
    stop()
    throw error
  }
}

function startServer(program: string, { source, socket, readOnly }: Served, cwd: string): Launch {
  const isOld = program.includes('/qemu/') // QEMU's own, in C, until QEMU 8
  const argv = isOld
    ? [program, `--socket-path=${socket}`, '-o', `source=${source}`, '-o', 'sandbox=chroot']
    : [program, `--socket-path=${socket}`, `--shared-dir=${source}`, '--sandbox=chroot']
  return startProgram(argv, {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    before: [
      ...privateNamespaces(),
      ...(readOnly ? readOnlyBind(source) : []),
      toolStep(['seccomp', harmlessFiles()], 'a guest is root: its set-user-id files would be too'),
    ],
  })
}

/** Wait until virtiofsd has made its socket; rejects with its last line if it ends before. */
async function listening(launched: Launch, source: string, socket: string): Promise<void> {
  let errors = ''
  launched.process.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const early = launched.outcome.then(({ failure, refused }) => {
    const why = refused ?? failure?.errno ?? errors.trim().split('\n').at(-1) ?? 'no reason given'
    throw new Error(`cannot share ${source}: virtiofsd: ${why}`)
  })
  early.catch(() => {}) // ignoring: later it ends because the machine has ended
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
      '  Debian 12                          apt-get install qemu-system-common',
      '  Debian 13, Ubuntu, Fedora, Arch    the package is virtiofsd',
    ].join('\n'),
  )
}

/**
 * A private /run for virtiofsd; without root also a user namespace with rights over the caller's
 * files.
 */
function privateNamespaces(): Step[] {
  const uid = process.geteuid?.() ?? 0
  const gid = process.getegid?.() ?? 0
  const map = (file: string, text: string) =>
    toolStep(['write', `/proc/self/${file}`, text], 'user and group ids in the new user namespace')
  const user = [
    toolStep(['unshare', ['CLONE_NEWUSER', 'CLONE_NEWNS']], 'root, over the caller only'),
    map('setgroups', 'deny'),
    map('uid_map', `0 ${uid} 1`),
    map('gid_map', `0 ${gid} 1`),
  ]
  return [
    ...(uid === 0 ? [toolStep(['unshare', ['CLONE_NEWNS']], 'a private mount table')] : user),
    toolStep(['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null], 'not seen by the host'),
    toolStep(['mount', 'tmpfs', '/run', 'tmpfs', [], null], 'it writes a file with its pid there'),
  ]
}

/**
 * Mount `dir` read-only: the host's kernel refuses writes, even if the guest controls virtiofsd.
 */
function readOnlyBind(dir: string): Step[] {
  return [
    toolStep(
      ['mount', dir, dir, null, ['MS_BIND', 'MS_REC'], null],
      'only a mount can be read-only',
    ),
    toolStep(['mount', null, dir, null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null], 'read-only'),
  ]
}

/** Resolves when the file at `path` exists; `stop` ends the watching. */
function appears(path: string): { promise: Promise<void>; stop: () => void } {
  let isThere = () => {}
  const promise = new Promise<void>((resolve) => (isThere = resolve))
  const look = () => void (existsSync(path) && isThere())
  const watcher = watch(join(path, '..'), look)
  look()
  return { promise, stop: () => watcher.close() }
}
