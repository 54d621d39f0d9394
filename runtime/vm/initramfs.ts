/** Virtual machine. The guest's first root file system, made of what is on this machine. */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { realpathSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { importBusybox } from '../busybox-image.ts'
import { busyboxRoot, readBusybox } from '../busybox.ts'
import { readElf } from '../elf.ts'
import { nativePath } from '../native.ts'
import { staticBusybox } from '../programs.ts'
import { cached } from './cache.ts'
import { cpio, type RamFile } from './cpio.ts'
import type { Kernel } from './kernel.ts'
import { bootModules, inOrder, tables } from './modules.ts'

/** The checkout, or what was installed of it. */
export const project = join(dirname(nativePath), '..')

/** Where the guest has it. */
export const projectInGuest = '/stepbox'

/**
 * The archive for `kernel`, without the modules named in `without`. It is made again when anything
 * in it has changed: Node, its libraries, busybox, the project, the kernel.
 */
export async function initramfsFor(
  kernel: Kernel,
  without: string[],
  say: (text: string) => void,
): Promise<string> {
  const files = await filesFor(kernel, without)
  const sum = createHash('sha256')
  for (const file of files)
    sum.update(`${JSON.stringify({ ...file, content: 0 })}\n`).update(identity(file))
  return cached(
    'initramfs',
    `${sum.digest('hex').slice(0, 24)}.cpio`,
    (path) => {
      say(`making an initramfs of Node ${process.versions.node}, busybox and Stepbox`)
      const fd = openSync(path, 'wx', 0o600)
      for (const piece of cpio(files.map(withContent)))
        for (let at = 0; at < piece.length;) at += writeSync(fd, piece, at)
      closeSync(fd)
    },
    3,
  )
}

/** Just enough to come to life: for trying whether a machine can run at all. */
export async function smallestInitramfs(): Promise<string> {
  const binary = busyboxPath()
  const script =
    '#!/bin/busybox sh\n/bin/busybox echo alive >/dev/console\n/bin/busybox poweroff -f\n'
  const files: RamFile[] = [
    console,
    { path: 'bin/busybox', type: 'file', mode: 0o755, content: readFileSync(binary) },
    { path: 'init', type: 'file', mode: 0o755, content: Buffer.from(script) },
  ]
  return cached(
    'initramfs',
    'smallest.cpio',
    (path) => {
      const fd = openSync(path, 'wx', 0o600)
      for (const piece of cpio(files)) writeSync(fd, piece)
      closeSync(fd)
    },
    3,
  )
}

/** The first process gets its descriptors from here: without it, it has none. */
const console: RamFile = { path: 'dev/console', type: 'character', major: 5, minor: 1 }

/** A large file is read only when the archive is made. */
type Part = RamFile | { path: string; type: 'file'; mode: number; source: string }

async function filesFor(kernel: Kernel, without: string[]): Promise<Part[]> {
  const busybox = await readBusybox(busyboxPath())
  const image = await imageFiles()
  return [
    ...busyboxRoot(busybox).filter(({ path }) => path !== 'bin/busybox'),
    { path: 'bin/busybox', type: 'file', mode: 0o755, source: busyboxPath() },
    console,
    ...['mnt', 'run', 'root', 'var'].map(directory),
    file('init', readFileSync(join(project, 'runtime/vm/init.sh')), 0o755),
    file('etc/profile', profile),
    ...node(),
    ...projectFiles(),
    ...image,
    ...modulesOf(kernel, without),
  ]
}

const profile = `PS1='\\[\\e[1m\\]stepbox-vm\\[\\e[0m\\]:\\w# '
export PS1
cd ~
`

function directory(path: string): RamFile {
  return { path, type: 'directory', mode: 0o755 }
}

function file(path: string, content: string | Uint8Array, mode = 0o644): RamFile {
  return { path, type: 'file', mode, content: Buffer.from(content) }
}

function busyboxPath(): string {
  const path = staticBusybox()
  if (path) return path
  throw new Error('no static busybox here; Debian and Ubuntu: apt-get install busybox-static')
}

/** This Node, with the libraries that this very process has loaded, and their loader. */
function node(): Part[] {
  const report = process.report.getReport() as unknown as { sharedObjects: string[] }
  const loader = readElf(readFileSync(process.execPath))?.interpreter
  const libraries = report.sharedObjects.filter((path) => path.startsWith('/') && existsSync(path))
  const paths = [
    ...libraries.filter((path) => path !== process.execPath),
    ...(loader ? [loader] : []),
  ]
  const parts = paths.map((path): Part => {
    return { path: path.slice(1), type: 'file', mode: 0o755, source: realpathSync(path) }
  })
  const own: Part = { path: 'usr/bin/node', type: 'file', mode: 0o755, source: process.execPath }
  return [own, ...parts]
}

/** What runs, what is read, and what is tested; the name of busybox is the guest's. */
function projectFiles(): Part[] {
  const inGuest = projectInGuest.slice(1)
  const all = ['package.json', 'dist', 'native', 'chapters', 'runtime', 'test']
  const paths = all.flatMap((name) => filesIn(join(project, name)))
  const parts = paths.map((source): Part => {
    const mode = statSync(source).mode & 0o111 ? 0o755 : 0o644
    return { path: join(inGuest, relative(project, source)), type: 'file', mode, source }
  })
  const setup = JSON.stringify({ busybox: { binary: '/bin/busybox' } })
  return [
    ...parts.filter(({ path }) => path !== join(inGuest, 'dist/setup.json')),
    file(join(inGuest, 'dist/setup.json'), setup),
    { path: 'usr/bin/stepbox', type: 'symlink', target: `${projectInGuest}/dist/stepbox.cjs` },
  ]
}

function filesIn(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return []
  if (!found.isDirectory()) return [path]
  const names = readdirSync(path).filter(
    (name) => !/^(native\.new|busybox|runs|.*\.new\.cjs)$/.test(name),
  )
  return names.sort().flatMap((name) => filesIn(join(path, name)))
}

/** The image busybox:latest, to be put into the guest's data root. */
async function imageFiles(): Promise<Part[]> {
  const dir = mkdtempSync(join(tmpdir(), 'stepbox-image-'))
  try {
    await importBusybox(dir, busyboxPath())
    const wanted = filesIn(dir).filter((path) =>
      /^(oci-layout|index\.json|blobs\/)/.test(relative(dir, path)),
    )
    return wanted.map((path) =>
      file(join('usr/share/stepbox', relative(dir, path)), readFileSync(path)),
    )
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function modulesOf({ release, modules, modulesDir }: Kernel, without: string[]): Part[] {
  const kept = modules.filter(({ name }) => !without.includes(name))
  const byName = new Map(kept.map((each) => [each.name, each]))
  const atBoot = inOrder(bootModules, byName)
  const { dep, alias } = tables(kept)
  const base = `lib/modules/${release}`
  return [
    ...kept.map(({ path }): Part => {
      return { path: join(base, path), type: 'file', mode: 0o644, source: join(modulesDir, path) }
    }),
    file(`${base}/modules.dep`, dep),
    file(`${base}/modules.alias`, alias),
    file('lib/modules/at-boot', atBoot.map(({ path }) => `${release}/${path}\n`).join('')),
  ]
}

function withContent(part: Part): RamFile {
  if (!('source' in part)) return part
  const { path, type, mode, source } = part
  return { path, type, mode, content: readFileSync(source) }
}

/** What tells whether a file is the same: its content, or for a large one where it is, and when. */
function identity(part: Part): Uint8Array | string {
  if (!('source' in part)) return 'content' in part ? part.content : ''
  const { size, mtimeMs } = statSync(part.source)
  return size > 1e6 ? `${part.source} ${size} ${mtimeMs}` : readFileSync(part.source)
}
