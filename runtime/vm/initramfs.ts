/** Makes the guest's first root file system from programs of this machine and the project. */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { realpathSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { busyboxRoot, readBusybox } from '../03-pivot-root/busybox.ts'
import { readElf } from '../03-pivot-root/elf.ts'
import { importBusybox } from '../05-commit/busybox-image.ts'
import { nativePath } from '../native.ts'
import { onPath, staticBusybox } from '../tools/programs.ts'
import { cached } from './cache.ts'
import { cpio, type RamFile } from './cpio.ts'
import type { Kernel } from './kernel.ts'
import { bootModules, inOrder, tables, type KernelModule } from './modules.ts'
import { runProgram } from './program.ts'

/** The project's directory: a checkout, or an installed package. */
export const project = join(dirname(nativePath), '..')

/** The project's directory in the guest. */
export const projectInGuest = '/stepbox'

/**
 * The path of the archive for `kernel`, without the modules named in `without`. It is made again if
 * Node, its libraries, busybox, the project or the kernel has changed.
 */
export async function initramfsFor(
  kernel: Kernel,
  without: string[],
  say: (text: string) => void,
): Promise<string> {
  const modules = kernel.modules.filter(({ name }) => !without.includes(name))
  const busybox = hostFile('bin/busybox', busyboxPath())
  const programs = [busybox, ...node(), ...(await packetFilter())]
  const machine = [...programs, ...modules.map((each) => moduleFile(kernel, each))]
  const ownFiles = projectFiles()
  const sum = createHash('sha256')
  for (const { path, source } of machine) sum.update(`${path}\n${versionOf(source)}\n`)
  for (const each of ownFiles)
    sum.update(`${each.path} ${modeOf(each)}\n`).update(readFileSync(each.source))
  return cached(
    'initramfs',
    `${sum.digest('hex').slice(0, 24)}.cpio`,
    async (archive) => {
      say(`making an initramfs of Node ${process.versions.node}, busybox and Stepbox`)
      const made = [...(await system()), ...loader(), ...setup(), ...tablesOf(kernel, modules)]
      write(archive, cpio([...made, ...[...machine, ...ownFiles].map(withContent)]))
    },
  )
}

/** An archive with busybox alone that prints `alive`, for testing whether a machine can run. */
export async function smallestInitramfs(): Promise<string> {
  const binary = busyboxPath()
  const script =
    '#!/bin/busybox sh\n/bin/busybox echo alive >/dev/console\n/bin/busybox poweroff -f\n'
  const files: RamFile[] = [
    console,
    { path: 'bin/busybox', type: 'file', mode: 0o755, content: readFileSync(binary) },
    { path: 'init', type: 'file', mode: 0o755, content: Buffer.from(script) },
  ]
  return cached('initramfs', 'smallest.cpio', (path) => write(path, cpio(files)))
}

/** The kernel opens this file as descriptors 0, 1 and 2 of process 1. */
const console: RamFile = { path: 'dev/console', type: 'character', major: 5, minor: 1 }

/** A file of this machine that goes into the archive; read when that is made. */
interface HostFile {
  path: string
  source: string
}

function hostFile(path: string, source: string): HostFile {
  return { path, source }
}

/**
 * Identifies a file's version by stat(2): to hash a hundred megabytes at each start is too slow.
 */
function versionOf(source: string): string {
  const { size, mtimeMs, ino } = statSync(source)
  return `${source} ${size} ${mtimeMs} ${ino}`
}

function modeOf({ source }: HostFile): number {
  return statSync(source).mode & 0o111 ? 0o755 : 0o644
}

function withContent(host: HostFile): RamFile {
  const { path, source } = host
  return { path, type: 'file', mode: modeOf(host), content: readFileSync(source) }
}

function write(path: string, pieces: Iterable<Uint8Array>): void {
  const fd = openSync(path, 'wx', 0o644) // several users may share it: nothing in it is secret
  for (const piece of pieces) for (let at = 0; at < piece.length;) at += writeSync(fd, piece, at)
  closeSync(fd)
}

/** The files that depend only on busybox and the project. */
async function system(): Promise<RamFile[]> {
  const busybox = await readBusybox(busyboxPath())
  return [
    ...busyboxRoot(busybox),
    console,
    ...['mnt', 'run', 'root', 'var'].map(directory),
    file('init', readFileSync(join(project, 'runtime/vm/init.sh')), 0o755),
    file('etc/profile', profile),
    { path: 'usr/bin/stepbox', type: 'symlink', target: `${projectInGuest}/dist/stepbox.cjs` },
    ...(await imageFiles()),
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

/** Node, with the shared libraries that this process has loaded. */
function node(): HostFile[] {
  const report = process.report.getReport() as unknown as { sharedObjects: string[] }
  const libraries = report.sharedObjects.filter(
    (path) => path.startsWith('/') && path !== process.execPath && existsSync(path),
  )
  return [
    hostFile('usr/bin/node', process.execPath),
    ...libraries.map((path) => hostFile(path.slice(1), realpathSync(path))),
  ]
}

/** nft(8) with its shared libraries, as ldd(1) lists them; nothing where it is not installed. */
async function packetFilter(): Promise<HostFile[]> {
  const path = onPath('nft')
  if (path === undefined) return []
  const { out } = await runProgram(['ldd', path])
  const libraries = [...out.toString().matchAll(/=> (\/\S+)/g)].map(([, library = '']) => library)
  const ofNode = new Set(node().map((each) => each.path))
  return [
    hostFile('usr/sbin/nft', realpathSync(path)),
    ...libraries
      .map((library) => hostFile(library.slice(1), realpathSync(library)))
      .filter((each) => !ofNode.has(each.path)),
  ]
}

/** The ELF loader of Node, at the path where the kernel looks for it. */
function loader(): RamFile[] {
  const path = readElf(readFileSync(process.execPath))?.interpreter
  return path ? [withContent(hostFile(path.slice(1), realpathSync(path)))] : []
}

/** The project's programs, texts and tests. */
function projectFiles(): HostFile[] {
  const all = ['package.json', 'dist', 'native', 'chapters', 'runtime', 'test']
  const paths = all.flatMap((name) => filesIn(join(project, name)))
  return paths.map((path) => hostFile(join(projectInGuest.slice(1), relative(project, path)), path))
}

/** The file with set-up's results; the guest's says where busybox is in the guest. */
const setupFile = 'dist/setup.json'

function setup(): RamFile[] {
  const text = JSON.stringify({ busybox: { binary: '/bin/busybox' } })
  return [file(join(projectInGuest.slice(1), setupFile), text)]
}

/** Made by set-up, and of no use in the guest. */
const notInGuest = /^(busybox|cache|debs|nodes?|runs|validators|setup\.json.*|.*\.(new|map))$/

function filesIn(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return []
  if (!found.isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => !notInGuest.test(name))
  return names.sort().flatMap((name) => filesIn(join(path, name)))
}

/** The image busybox:latest for the guest's data root. */
async function imageFiles(): Promise<RamFile[]> {
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

function moduleFile({ release, modulesDir }: Kernel, { path }: KernelModule): HostFile {
  return hostFile(join('lib/modules', release, path), join(modulesDir, path))
}

/** The tables for modprobe(8), and the list of modules that init.sh loads at boot. */
function tablesOf({ release }: Kernel, modules: KernelModule[]): RamFile[] {
  const byName = new Map(modules.map((each) => [each.name, each]))
  const atBoot = inOrder(bootModules, byName).map(({ path }) => `${release}/${path}\n`)
  const { dep, alias } = tables(modules)
  return [
    file(`lib/modules/${release}/modules.dep`, dep),
    file(`lib/modules/${release}/modules.alias`, alias),
    file('lib/modules/at-boot', atBoot.join('')),
  ]
}
