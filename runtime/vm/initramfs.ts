/** Virtual machine. The guest's first root file system, made of what is on this machine. */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { realpathSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { importBusybox } from '../05-commit/busybox-image.ts'
import { busyboxRoot, readBusybox } from '../03-pivot-root/busybox.ts'
import { readElf } from '../03-pivot-root/elf.ts'
import { nativePath } from '../native.ts'
import { staticBusybox } from '../tools/programs.ts'
import { cached } from './cache.ts'
import { cpio, type RamFile } from './cpio.ts'
import type { Kernel } from './kernel.ts'
import { bootModules, inOrder, tables, type KernelModule } from './modules.ts'

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
  const modules = kernel.modules.filter(({ name }) => !without.includes(name))
  const busybox = fromHere('bin/busybox', busyboxPath())
  const machine = [busybox, ...node(), ...modules.map((each) => moduleFile(kernel, each))]
  const ours = projectFiles()
  const sum = createHash('sha256')
  for (const { path, source } of machine) sum.update(`${path}\n${versionOf(source)}\n`)
  for (const each of ours)
    sum.update(`${each.path} ${modeOf(each)}\n`).update(readFileSync(each.source))
  return cached(
    'initramfs',
    `${sum.digest('hex').slice(0, 24)}.cpio`,
    async (archive) => {
      say(`making an initramfs of Node ${process.versions.node}, busybox and Stepbox`)
      const made = [...(await system()), ...loader(), ...setup(), ...tablesOf(kernel, modules)]
      write(archive, cpio([...made, ...[...machine, ...ours].map(withContent)]))
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
  return cached('initramfs', 'smallest.cpio', (path) => write(path, cpio(files)), 3)
}

/** The first process gets its descriptors from here: without it, it has none. */
const console: RamFile = { path: 'dev/console', type: 'character', major: 5, minor: 1 }

/** A file of this machine, read when the archive is made. */
interface Taken {
  path: string
  source: string
}

function fromHere(path: string, source: string): Taken {
  return { path, source }
}

/** Which file it was that lay there, without reading a hundred megabytes at each start. */
function versionOf(source: string): string {
  const { size, mtimeMs, ino } = statSync(source)
  return `${source} ${size} ${mtimeMs} ${ino}`
}

function modeOf({ source }: Taken): number {
  return statSync(source).mode & 0o111 ? 0o755 : 0o644
}

function withContent(taken: Taken): RamFile {
  const { path, source } = taken
  return { path, type: 'file', mode: modeOf(taken), content: readFileSync(source) }
}

function write(path: string, pieces: Iterable<Uint8Array>): void {
  const fd = openSync(path, 'wx', 0o600)
  for (const piece of pieces) for (let at = 0; at < piece.length;) at += writeSync(fd, piece, at)
  closeSync(fd)
}

/** What follows from busybox and the project alone. */
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

/** This Node, with the libraries that this very process has loaded. */
function node(): Taken[] {
  const report = process.report.getReport() as unknown as { sharedObjects: string[] }
  const libraries = report.sharedObjects.filter(
    (path) => path.startsWith('/') && path !== process.execPath && existsSync(path),
  )
  return [
    fromHere('usr/bin/node', process.execPath),
    ...libraries.map((path) => fromHere(path.slice(1), realpathSync(path))),
  ]
}

/** The program that loads Node and its libraries, which comes with one of them. */
function loader(): RamFile[] {
  const path = readElf(readFileSync(process.execPath))?.interpreter
  return path ? [withContent(fromHere(path.slice(1), realpathSync(path)))] : []
}

/** What runs, what is read, and what is tested. */
function projectFiles(): Taken[] {
  const all = ['package.json', 'dist', 'native', 'chapters', 'runtime', 'test']
  const paths = all.flatMap((name) => filesIn(join(project, name)))
  return paths.map((path) => fromHere(join(projectInGuest.slice(1), relative(project, path)), path))
}

/** Set-up's notes: the guest has its own, in which busybox is where it is there. */
const notes = 'dist/setup.json'

function setup(): RamFile[] {
  const text = JSON.stringify({ busybox: { binary: '/bin/busybox' } })
  return [file(join(projectInGuest.slice(1), notes), text)]
}

function filesIn(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return []
  if (!found.isDirectory()) return [path]
  const names = readdirSync(path).filter(
    (name) => !/^(busybox|runs|setup\.json.*|.*\.new)$/.test(name),
  )
  return names.sort().flatMap((name) => filesIn(join(path, name)))
}

/** The image busybox:latest, to be put into the guest's data root. */
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

function moduleFile({ release, modulesDir }: Kernel, { path }: KernelModule): Taken {
  return fromHere(join('lib/modules', release, path), join(modulesDir, path))
}

/** What modprobe(8) reads, and what init puts in. */
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
