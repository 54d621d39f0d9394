/** Gets a kernel for the guest from a Debian package, without installing it. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { onPath, staticBusybox } from '../tools/programs.ts'
import { download, packageOf, type Suite } from './apt.ts'
import { cached } from './cache.ts'
import { bootModules, inOrder, lateModules, moduleName, readModule } from './modules.ts'
import type { KernelModule } from './modules.ts'
import { runProgram } from './program.ts'

/** A kernel in the cache. */
export interface Kernel {
  /** As in `uname -r`: `6.1.0-50-cloud-amd64`. */
  release: string
  /** The path of vmlinuz. */
  image: string
  /** The modules for a guest, each after those it needs; `path` is relative to `modulesDir`. */
  modules: KernelModule[]
  modulesDir: string
}

/** The version of what `unpack` makes; it is part of the name in the cache. */
const format = 3

/** Called with a line for the user before something that takes long. */
export type Say = (text: string) => void

/**
 * The kernel that `--kernel` names: `stable` is that of the distribution, `backports` a newer one;
 * otherwise it is the file of a package. Packages are downloaded once, without root.
 */
export async function kernelFor(wanted: string, say: Say): Promise<Kernel> {
  if (process.arch !== 'x64')
    throw new Error(`virtual machines need an x86-64 host so far, and this is ${process.arch}`)
  const isFile = wanted.endsWith('.deb')
  if (isFile && !existsSync(wanted)) throw new Error(`no kernel package at ${wanted}`)
  if (!isFile && wanted !== 'stable' && wanted !== 'backports')
    throw new Error(`no kernel '${wanted}'; have: stable, backports, or a FILE.deb`)
  const name = `${isFile ? basename(wanted, '.deb') : `debian-${wanted}`}.${format}`
  const dir = await cached(
    'kernels',
    name,
    async (path) => {
      const temporary = mkdtempSync(join(tmpdir(), 'stepbox-kernel-'))
      try {
        const deb = isFile ? resolve(wanted) : await fetched(wanted as Suite, temporary, say)
        await unpack(deb, temporary, path)
      } finally {
        rmSync(temporary, { recursive: true, force: true })
      }
    },
  )
  return kernelIn(dir)
}

async function fetched(suite: Suite, dir: string, say: Say): Promise<string> {
  const name = await packageOf('linux-image-cloud-amd64', suite, say)
  say(`downloading ${name}, Debian's kernel for virtual machines`)
  return download(name, suite, dir)
}

/** Copy the kernel and the modules that a guest needs from a package of a hundred megabytes. */
async function unpack(deb: string, temporary: string, into: string): Promise<void> {
  if (!onPath('dpkg-deb')) throw new Error('no dpkg-deb here to unpack a Debian package with')
  const whole = join(temporary, 'unpacked')
  const { exitCode, err } = await runProgram(['dpkg-deb', '-x', deb, whole])
  if (exitCode !== 0) throw new Error(`cannot unpack ${basename(deb)}: ${err.trim()}`)
  const image = readdirSync(join(whole, 'boot')).find((name) => name.startsWith('vmlinuz-'))
  const release = image?.slice('vmlinuz-'.length)
  const bases = ['lib/modules', 'usr/lib/modules'].map((base) => join(whole, base, release ?? ''))
  const source = bases.find((base) => existsSync(base))
  if (!image || !release || !source) throw new Error(`${basename(deb)} holds no kernel`)
  mkdirSync(into)
  copyFileSync(join(whole, 'boot', image), join(into, 'vmlinuz'))
  const all = new Map<string, KernelModule>()
  const paths = new Map(
    (readdirSync(source, { recursive: true }) as string[])
      .filter((path) => /\.ko(\.\w+)?$/.test(path))
      .map((path) => [moduleName(path), path]),
  )
  const content = new Map<string, Buffer>()
  const take = async (name: string): Promise<void> => {
    const path = paths.get(name)
    if (path === undefined || all.has(name)) return
    const bytes = await expanded(join(source, path))
    content.set(name, bytes)
    all.set(name, { name, path: path.replace(/(\.ko)\.\w+$/, '$1'), ...readModule(bytes) })
    for (const needed of all.get(name)?.depends ?? []) await take(needed)
  }
  for (const name of [...bootModules, ...lateModules]) await take(name.replaceAll('-', '_'))
  for (const { name, path } of all.values()) {
    mkdirSync(dirname(join(into, 'modules', path)), { recursive: true })
    writeFileSync(join(into, 'modules', path), content.get(name) ?? '')
  }
  const modules = inOrder([...all.keys()].sort(), all)
  writeFileSync(join(into, 'kernel.json'), JSON.stringify({ release, modules }))
}

/** The content of a module, which newer packages compress. */
async function expanded(path: string): Promise<Buffer> {
  if (path.endsWith('.ko')) return readFileSync(path)
  const busybox = staticBusybox()
  const tool = path.endsWith('.xz') ? 'unxz' : 'zcat'
  const argv = onPath(tool) ? [tool, '-c', path] : [busybox ?? 'busybox', tool, '-c', path]
  const { exitCode, out, err } = await runProgram(argv)
  if (exitCode !== 0) throw new Error(`cannot unpack ${basename(path)}: ${err.trim()}`)
  return out
}

function kernelIn(dir: string): Kernel {
  const text = readFileSync(join(dir, 'kernel.json'), 'utf8')
  const { release, modules } = JSON.parse(text) as Pick<Kernel, 'release' | 'modules'>
  return { release, modules, image: join(dir, 'vmlinuz'), modulesDir: join(dir, 'modules') }
}
