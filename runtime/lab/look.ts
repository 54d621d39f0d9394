/** What the kernel shows of a container's shell, from the host: found by a word in its script. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import type { Facts } from '../chapter-lab.ts'
import { tryRead, tryReadlink } from '../files.ts'
import { parseMountinfo } from '../mountinfo.ts'
import { hostnameOf } from '../tools/walk/observe.ts'
import { readInside } from './read-inside.ts'

/** The `sh -c` whose script has `word` in it: of several, that in the innermost pid namespace. */
export function shellWith(word: string): number | undefined {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [program = '', flag, script = ''] = (tryRead(`/proc/${pid}/cmdline`) ?? '').split('\0')
      return /(^|\/)sh$/.test(program) && flag === '-c' && script.includes(word)
    })
  const depth = (pid: number) => nspidOf(pid).length
  return found.sort((a, b) => depth(b) - depth(a) || a - b)[0]
}

/** The facts of process `pid`, which waits; `machine` is a process of the machine that it is on. */
export async function factsOf(pid: number, machine: number): Promise<Facts> {
  const groups = groupsOf(pid)
  return {
    pid,
    nspid: nspidOf(pid),
    namespaces: namespacesOf(pid),
    machine: {
      pid: machine,
      nspid: nspidOf(machine),
      namespaces: namespacesOf(machine),
      mounts: mountsOf(machine),
      mountinfo: mountinfoOf(machine),
      hostname: await hostnameOf(machine),
      groups: groupsOf(machine),
      read: (path) => tryRead(`/proc/${machine}/root${path}`),
    },
    pidForChildren: tryReadlink(`/proc/${pid}/ns/pid_for_children`) ?? '',
    descriptors: descriptorsOf(pid),
    mounts: mountsOf(pid),
    mountinfo: mountinfoOf(pid),
    deviceAt: (path) => {
      const stat = statSync(`/proc/${pid}/root${path}`, { throwIfNoEntry: false })
      return stat && deviceOf(stat.dev)
    },
    cwd: tryReadlink(`/proc/${pid}/cwd`) ?? '',
    ...rootOf(pid),
    status: statusOf(pid),
    groups,
    read: (path) => readInside(`/proc/${pid}/root`, path),
    readGroup: (...names) => readIn(groups, names),
  }
}

const kinds = ['mnt', 'pid', 'uts', 'ipc', 'net', 'cgroup', 'user']

function namespacesOf(pid: number): Record<string, string> {
  const link = (kind: string) => tryReadlink(`/proc/${pid}/ns/${kind}`) ?? ''
  return Object.fromEntries(kinds.map((kind) => [kind, link(kind)]))
}

function mountinfoOf(pid: number): string {
  return readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
}

function mountsOf(pid: number) {
  return parseMountinfo(mountinfoOf(pid))
}

/** More than any path of the machine has. */
const climb = '/..'.repeat(20)

function rootOf(pid: number): Pick<Facts, 'rootDevice' | 'above'> {
  const path = `/proc/${pid}/root`
  const [root, top] = [statSync(path), statSync(path + climb)]
  const isSame = root.dev === top.dev && root.ino === top.ino
  return { rootDevice: deviceOf(root.dev), above: isSame ? undefined : readdirSync(path + climb) }
}

/** As `major:minor`, from the number that stat(2) gives (makedev(3)). */
export function deviceOf(dev: number): string {
  const [low, high] = [dev & 0xff, Math.floor(dev / 2 ** 20) & 0xfff]
  return `${(dev >> 8) & 0xfff}:${low | (high << 8)}`
}

function statusOf(pid: number): Record<string, string> {
  const lines = (tryRead(`/proc/${pid}/status`) ?? '').split('\n')
  return Object.fromEntries(
    lines.map((line) => [line.split(':')[0] ?? '', line.replace(/^[^:]*:\s*/, '')]),
  )
}

function nspidOf(pid: number): number[] {
  return (statusOf(pid)['NSpid'] ?? '').split(/\s+/).filter(Boolean).map(Number)
}

function descriptorsOf(pid: number): Record<string, string> {
  const numbers = readdirSync(`/proc/${pid}/fd`)
  return Object.fromEntries(
    numbers.map((number) => [number, tryReadlink(`/proc/${pid}/fd/${number}`) ?? '']),
  )
}

/** By the list of controllers, as /proc/PID/cgroup has them. */
function groupsOf(pid: number): Record<string, string> {
  const lines = (tryRead(`/proc/${pid}/cgroup`) ?? '').trim().split('\n')
  return Object.fromEntries(
    lines.map((line) => [line.split(':')[1] ?? '', line.split(':').slice(2).join(':')]),
  )
}

/** The first of the files `names` that the group has, in whichever tree. */
function readIn(groups: Record<string, string>, names: string[]): string | undefined {
  const trees = parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')).filter(
    ({ type }) => type === 'cgroup' || type === 'cgroup2',
  )
  for (const { type, target, superOptions } of trees) {
    const at = Object.keys(groups).find((list) =>
      type === 'cgroup2' ? list === '' : list !== '' && hasAll(superOptions, list),
    )
    const group = at === undefined ? undefined : groups[at]
    if (group === undefined) continue
    for (const name of names) {
      const text = tryRead(`${target}${group}/${name}`)
      if (text !== undefined) return text
    }
  }
  return undefined
}

function hasAll(superOptions: string, list: string): boolean {
  const options = superOptions.split(',')
  return list.split(',').every((each) => options.includes(each))
}

