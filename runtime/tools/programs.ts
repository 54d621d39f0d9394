/** Programs that are installed on this machine. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readElf } from '../03-pivot-root/elf.ts'
import { nativePath } from '../native.ts'

/** The path of `command` in PATH or the sbin directories, or undefined. */
export function onPath(command: string): string | undefined {
  const dirs = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
  return dirs.map((dir) => `${dir || '.'}/${command}`).find((path) => existsSync(path))
}

/** A static busybox, under any of the names that distributions give it, or the one of set-up. */
export function staticBusybox(): string | undefined {
  const paths = ['busybox', 'busybox.static', 'busybox-static'].map(onPath)
  const unpacked = join(dirname(nativePath), '../dist/busybox')
  const ofSetup = ['bin', 'usr/bin'].map((dir) => join(unpacked, dir, 'busybox'))
  return [...paths, ...ofSetup].find((path) => path !== undefined && isStatic(path))
}

function isStatic(path: string): boolean {
  try {
    return readElf(readFileSync(path))?.isDynamic === false
  } catch {
    return false // ignoring: a file that cannot be read cannot be used
  }
}
