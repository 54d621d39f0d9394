/** Step by step. Programs that this machine has. */
import { existsSync, readFileSync } from 'node:fs'
import { readElf } from '../03-pivot-root/elf.ts'

/** Where `command` is on the PATH, or among the administrator's programs. */
export function onPath(command: string): string | undefined {
  const dirs = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
  return dirs.map((dir) => `${dir || '.'}/${command}`).find((path) => existsSync(path))
}

/** A busybox that needs no library, under any of the names that distributions give it. */
export function staticBusybox(): string | undefined {
  const paths = ['busybox', 'busybox.static', 'busybox-static'].map(onPath)
  return paths.find((path) => path !== undefined && isStatic(path))
}

function isStatic(path: string): boolean {
  try {
    return readElf(readFileSync(path))?.isDynamic === false
  } catch {
    return false // ignoring: what cannot be read is of no use here
  }
}
