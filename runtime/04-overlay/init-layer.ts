/** Chapter 4. A container's own directories: write layer, init layer, links to the image's. */
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface InitFiles {
  hostname: string
  /** The content of /etc/resolv.conf. */
  resolver: string
}

/**
 * Lay out `dir` for `overlay`: `upper`, `work`, `merged`; `init`, the container-init layer; and
 * `lower0`, `lower1`, … linking to the image's `layers`, topmost first. Gives the names of all
 * read-only layers, topmost first, relative to `dir`.
 *
 * The container-init layer lies between image and write layer. It holds what is told to this one
 * container at its start, and directories to mount on where the image's topmost layer has none. So
 * none of it is ever committed, and an image cannot bend /proc, /sys or /dev elsewhere with a link.
 */
export function layOut(dir: string, layers: string[], files: InitFiles): string[] {
  for (const name of ['upper', 'work', 'merged', 'init', 'init/etc']) mkdirSync(join(dir, name))
  const lowers = layers.map((_, at) => `lower${at}`)
  layers.forEach((layer, at) => symlinkSync(layer, join(dir, `lower${at}`)))
  for (const name of ['proc', 'sys', 'dev'])
    if (!isDirectory(join(layers[0] ?? '', name))) mkdirSync(join(dir, 'init', name))
  for (const [name, text] of Object.entries(contents(files)))
    writeFileSync(join(dir, 'init/etc', name), text, { mode: 0o644 })
  likeImage(layers, '', join(dir, 'upper'))
  likeImage(layers, '', join(dir, 'init'))
  likeImage(layers, 'etc', join(dir, 'init/etc'))
  return ['init', ...lowers]
}

/** What `layOut` gave when it made `dir`; undefined when it did not. */
export function layersLaidOut(dir: string): string[] | undefined {
  const names = readdirSync(dir)
  if (!names.includes('init')) return undefined
  return ['init', ...names.filter((name) => /^lower\d+$/.test(name)).map((_, at) => `lower${at}`)]
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** The regular files of the container-init layer, by their path in the container. */
export const initFiles = ['etc/hostname', 'etc/hosts', 'etc/resolv.conf'] as const

function contents({ hostname, resolver }: InitFiles): Record<string, string> {
  const hosts = `127.0.0.1\tlocalhost ${hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`
  return { hostname: `${hostname}\n`, hosts, 'resolv.conf': resolver }
}

/** Of a directory in several layers the topmost one's owner and mode are seen: keep the image's. */
function likeImage(layers: string[], path: string, copy: string): void {
  for (const layer of layers) {
    const stat = lstatSync(join(layer, path), { throwIfNoEntry: false })
    if (!stat?.isDirectory()) continue
    if (stat.uid !== 0 || stat.gid !== 0) chownSync(copy, stat.uid, stat.gid)
    return chmodSync(copy, stat.mode & 0o7777)
  }
  chmodSync(copy, 0o755)
}
