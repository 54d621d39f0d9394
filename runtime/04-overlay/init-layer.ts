/** A container's directories: write layer, container-init layer, links to the image's layers. */
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isWhiteout } from './stack.ts'

export interface InitFiles {
  hostname: string
  /** The content of /etc/resolv.conf. */
  resolver: string
  /** The content of /etc/hosts; by default localhost and the name. */
  hosts?: string
}

/**
 * Lay out `dir` for `overlay`: `upper`, `work`, `merged`; `init`, the container-init layer; and
 * the links `lower0`, `lower1`, … to the image's `layers`, topmost first. Gives the names of all
 * read-only layers, topmost first, relative to `dir`. Throws EEXIST if `dir` is laid out already.
 *
 * The container-init layer lies between the image and the write layer. It holds the files in /etc
 * that differ from container to container, the link /etc/mtab if the image has no such file, and
 * the mount points /proc, /sys and /dev if the image's topmost layer has no such directories.
 * Because it is a separate layer, none of it is committed; because it lies above the image, an
 * image with a symlink at /proc cannot redirect the mount.
 */
export function layOut(dir: string, layers: string[], files: InitFiles): string[] {
  const make = (name: string) => {
    mkdirSync(join(dir, name))
    chmodSync(join(dir, name), 0o755) // mkdir(2) applies the caller's umask
  }
  for (const name of ['upper', 'work', 'merged', 'init', 'init/etc']) make(name)
  const lowers = layers.map((_, at) => `lower${at}`)
  layers.forEach((layer, at) => symlinkSync(layer, join(dir, `lower${at}`)))
  for (const name of ['proc', 'sys', 'dev'])
    if (!isDirectory(join(layers[0] ?? '', name))) make(`init/${name}`)
  for (const [name, text] of Object.entries(contents(files))) {
    writeFileSync(join(dir, 'init/etc', name), text)
    chmodSync(join(dir, 'init/etc', name), 0o644)
  }
  if (!hasMtab(layers)) symlinkSync('/proc/mounts', join(dir, 'init/etc/mtab'))
  copyOwnerAndMode(layers, '', join(dir, 'upper'))
  copyOwnerAndMode(layers, '', join(dir, 'init'))
  copyOwnerAndMode(layers, 'etc', join(dir, 'init/etc'))
  return ['init', ...lowers]
}

/** The names that `layOut` gave for `dir`; undefined if `dir` is not laid out. */
export function layersLaidOut(dir: string): string[] | undefined {
  const names = readdirSync(dir)
  if (!names.includes('init')) return undefined
  return ['init', ...names.filter((name) => /^lower\d+$/.test(name)).map((_, at) => `lower${at}`)]
}

/** Whether the image has /etc/mtab: the topmost layer with that name, or a whiteout of it, says. */
function hasMtab(layers: string[]): boolean {
  for (const etc of layers.map((layer) => join(layer, 'etc')).filter(isDirectory)) {
    const stat = lstatSync(join(etc, 'mtab'), { bigint: true, throwIfNoEntry: false })
    if (stat) return !isWhiteout(stat)
  }
  return false
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function contents({ hostname, resolver, hosts }: InitFiles): Record<string, string> {
  const own = `127.0.0.1\tlocalhost ${hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`
  return { hostname: `${hostname}\n`, hosts: hosts ?? own, 'resolv.conf': resolver }
}

/**
 * Give `copy` the owner and mode that `path` has in the image. overlayfs shows those of the topmost
 * directory, so without this every container would see the ones that mkdir(2) gave ours.
 */
function copyOwnerAndMode(layers: string[], path: string, copy: string): void {
  for (const layer of layers) {
    const stat = lstatSync(join(layer, path), { throwIfNoEntry: false })
    if (!stat?.isDirectory()) continue
    if (stat.uid !== 0 || stat.gid !== 0) chownSync(copy, stat.uid, stat.gid)
    return chmodSync(copy, stat.mode & 0o7777)
  }
  chmodSync(copy, 0o755)
}
