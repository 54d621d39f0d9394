/** A root file system made of one static binary: busybox, which is every command. */
import { chmodSync, lchownSync, lutimesSync, mkdirSync, readFileSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { readElf } from './elf.ts'
import { closeInherited } from '../01-namespaces/namespaces.ts'
import { launch } from '../native.ts'
import { stepOf } from '../step.ts'

const step = stepOf(3)

/** A file of a root file system, owned by root, with the time 1970-01-01. */
export type RootFile =
  | { path: string; type: 'directory'; mode: number }
  | { path: string; type: 'file'; mode: number; content: Uint8Array }
  | { path: string; type: 'symlink'; target: string }

export interface Busybox {
  content: Uint8Array
  /** In the OCI's words: `amd64`. */
  architecture: string
  /** The path at which each command is installed: `bin/sh`, `usr/bin/[`. */
  applets: string[]
}

/**
 * The root file system of busybox, each directory before its entries. It depends on the binary
 * alone, so that the same binary gives the same image on every machine.
 */
export function busyboxRoot({ content, applets }: Busybox): RootFile[] {
  const files: RootFile[] = [
    ...directories,
    { path: 'etc/passwd', type: 'file', mode: 0o644, content: Buffer.from(passwd) },
    { path: 'etc/group', type: 'file', mode: 0o644, content: Buffer.from(group) },
    { path: 'bin/busybox', type: 'file', mode: 0o755, content },
  ]
  const taken = new Set(files.map(({ path }) => path))
  for (const path of applets) {
    if (taken.has(path) || !isCommand(path)) continue
    const target = posix.relative(posix.dirname(path), 'bin/busybox')
    files.push({ path, type: 'symlink', target })
    taken.add(path)
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

const open = 0o755
const directories: RootFile[] = [
  ...['bin', 'dev', 'etc', 'home', 'proc', 'sbin', 'sys', 'usr', 'usr/bin', 'usr/sbin', 'var'].map(
    (path): RootFile => ({ path, type: 'directory', mode: open }),
  ),
  { path: 'root', type: 'directory', mode: 0o700 },
  { path: 'tmp', type: 'directory', mode: 0o1777 },
  { path: 'var/tmp', type: 'directory', mode: 0o1777 },
]

const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/:/bin/false
www-data:x:33:33:www-data:/var:/bin/false
nobody:x:65534:65534:nobody:/:/bin/false
`
const group = `root:x:0:
daemon:x:1:
tty:x:5:
www-data:x:33:
users:x:100:
nogroup:x:65534:
`

/** Whether `path` is in a directory for commands; `linuxrc`, useless in a container, is not. */
function isCommand(path: string): boolean {
  return /^(?:usr\/)?s?bin\/[^/]+$/.test(path)
}

/** Read the binary at `path` and ask it for its commands. Throws if it is not a static busybox. */
export async function readBusybox(path: string): Promise<Busybox> {
  const content = readFileSync(path)
  const elf = readElf(content)
  if (!elf) throw new Error(`${path} is not an ELF program`)
  if (elf.isDynamic) throw new Error(`${path} needs a dynamic loader; a static busybox is wanted`)
  return { content, architecture: elf.architecture, applets: await appletsOf(path) }
}

async function appletsOf(path: string): Promise<string[]> {
  const plan = [
    ...closeInherited(),
    step(['fork'], 'the parent stays, and reports how the child ended'),
    step(['execvpe', path, ['busybox', '--list-full'], []], 'the binary knows what it is made of'),
  ]
  const { process, outcome } = launch(plan, { stdio: ['ignore', 'pipe', 'ignore'] })
  let text = ''
  process.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const { exitCode, failure } = await outcome
  const applets = text.split('\n').filter((line) => line !== '')
  if (exitCode === 0 && applets.some((applet) => applet === 'bin/sh')) return applets
  const why = failure ? `execve says ${failure.errno}` : 'it lists no bin/sh'
  throw new Error(`${path} is not a busybox that runs here: ${why}`)
}

/**
 * Write `files` into the empty directory `dir`, with modes and times as given, whatever the umask;
 * owners are set only if this is root.
 */
export function writeRootfs(dir: string, files: RootFile[]): void {
  const isRoot = process.geteuid?.() === 0
  for (const file of files) {
    const path = join(dir, file.path)
    if (file.type === 'directory') mkdirSync(path)
    else if (file.type === 'file') writeFileSync(path, file.content, { flag: 'wx' })
    else symlinkSync(file.target, path)
    if (isRoot) lchownSync(path, 0, 0)
    if (file.type !== 'symlink') chmodSync(path, file.mode)
  }
  chmodSync(dir, open)
  for (const { path } of files.toReversed()) lutimesSync(join(dir, path), 0, 0)
  lutimesSync(dir, 0, 0)
}
