/** File systems in memory: `--tmpfs`, and what the list has of them. */
import { posix } from 'node:path'
import type { MountFlag } from '../flag-names.ts'
import { checkTarget } from './check-mount.ts'
import type { AskedTmpfs, PlannedTmpfs } from './mounts.ts'

/** `DIR[:OPTION,…]`. Throws as Docker words it. */
export function parseTmpfs(text: string): AskedTmpfs {
  const colon = text.indexOf(':')
  const dir = colon < 0 ? text : text.slice(0, colon)
  const typed = colon < 0 ? '' : text.slice(colon + 1)
  checkTarget(dir)
  const options = typed.split(',').filter((each) => each !== '')
  options.forEach(checkOption)
  const readOnly = options.findLast((each) => each === 'ro' || each === 'rw') === 'ro'
  return { type: 'tmpfs', target: posix.resolve(dir), readOnly, from: 'tmpfs', typed, options }
}

/** What is in the file system, as the kernel's tmpfs takes it. */
const settings = ['size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol']

/** What each word sets, or clears. */
const words: Record<string, [flag: MountFlag | undefined, isSet: boolean]> = {
  defaults: [undefined, false],
  rw: ['MS_RDONLY', false],
  ro: ['MS_RDONLY', true],
  suid: ['MS_NOSUID', false],
  nosuid: ['MS_NOSUID', true],
  dev: ['MS_NODEV', false],
  nodev: ['MS_NODEV', true],
  exec: ['MS_NOEXEC', false],
  noexec: ['MS_NOEXEC', true],
  async: ['MS_SYNCHRONOUS', false],
  sync: ['MS_SYNCHRONOUS', true],
  dirsync: ['MS_DIRSYNC', true],
  atime: ['MS_NOATIME', false],
  noatime: ['MS_NOATIME', true],
  diratime: ['MS_NODIRATIME', false],
  nodiratime: ['MS_NODIRATIME', true],
  relatime: ['MS_STRICTATIME', false],
  norelatime: ['MS_STRICTATIME', true],
  strictatime: ['MS_STRICTATIME', true],
  nostrictatime: ['MS_STRICTATIME', false],
}

/** They say nothing about a file system that nobody else has. */
const propagationWords = /^r?(private|slave|shared|unbindable)$/

function checkOption(option: string): void {
  const [name = '', ...value] = option.split('=')
  const isKnown =
    value.length > 0
      ? settings.includes(name)
      : Object.hasOwn(words, name) || propagationWords.test(name)
  if (isKnown) return
  const quoted = [name, ...(value.length > 0 ? [value.join('=')] : [])].map((each) => `"${each}"`)
  throw new Error(`invalid tmpfs option [${quoted.join(' ')}]`)
}

/** Docker's defaults, and after them what was asked for; the last word counts. */
export function plannedTmpfs({ target, options, readOnly }: AskedTmpfs): PlannedTmpfs {
  const flags = new Set<MountFlag>(['MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC'])
  for (const option of [...options, readOnly ? 'ro' : 'rw']) {
    const [flag, isSet] = words[option] ?? []
    if (flag && isSet) flags.add(flag)
    else if (flag) flags.delete(flag)
  }
  const data = options.filter((each) => each.includes('='))
  return { type: 'tmpfs', target, flags: [...flags], data: data.join(',') || null }
}
