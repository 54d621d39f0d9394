/** Tests. The host's view: what a run could leave behind, as lines that can be compared. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

const cgroups = '/sys/fs/cgroup'

/**
 * Every mount, every control group `stepbox-*`, every process that is the native program or lives
 * in another pid namespace, every `stepbox*` in /tmp, every container of the default data root,
 * everything in /, and the name of the machine.
 */
export function host(): Set<string> {
  if (process.platform !== 'linux') return new Set()
  const name = `the name ${hostname()}`
  return new Set([name, ...mounts(), ...groups(cgroups, 4), ...processes(), ...directories()])
}

/**
 * What is there now and was not in `before`, and what is in the run's own `temporary` directory.
 * What has been killed may take a moment to disappear, so this looks again for up to three seconds.
 */
export async function differences(before: Set<string>, temporary: string): Promise<string[]> {
  for (let attempt = 0; ; attempt++) {
    const left = [...host()].filter((line) => !before.has(line) && !line.includes(temporary))
    left.push(
      ...entries(temporary)
        .filter(isOurs)
        .map((name) => `directory ${name} in TMPDIR`),
    )
    left.push(...mounts().filter((line) => line.includes(temporary)))
    if (left.length === 0 || attempt === 30) return left
    await setTimeout(100)
  }
}

/** What the tools themselves keep in a temporary directory. */
function isOurs(name: string): boolean {
  return !/^tsx-|^node-compile-cache$/.test(name)
}

function mounts(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n')
  return lines.map((line) => `mount ${line.split(' ').slice(2, 5).join(' ')}`)
}

function groups(dir: string, depth: number): string[] {
  if (depth === 0) return []
  return directoriesIn(dir).flatMap((name) => {
    const path = join(dir, name)
    return name.startsWith('stepbox') ? [`group ${path}`] : groups(path, depth - 1)
  })
}

function processes(): string[] {
  const own = link('/proc/self/ns/pid')
  return entries('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return []
    const program = link(`/proc/${pid}/exe`)
    const namespace = link(`/proc/${pid}/ns/pid`)
    const isOutside = namespace === '' || namespace === own
    if (isOutside && !/^\/memfd:stepbox/.test(program) && !isStepbox(pid)) return []
    return [`process ${pid} ${program}`]
  })
}

function isStepbox(pid: string): boolean {
  try {
    const cmdline = readFileSync(`/proc/${pid}/cmdline`, 'latin1')
    return /(dist\/stepbox\.cjs|native\/stepbox)\0/.test(cmdline)
  } catch {
    return false // ignoring: the process has ended meanwhile
  }
}

function directories(): string[] {
  const inTmp = entries('/tmp').filter((name) => name.startsWith('stepbox'))
  const inRoot = entries('/').map((name) => `file /${name}`)
  const containers = entries('/var/lib/stepbox/containers')
  return [
    ...inRoot,
    ...inTmp.map((name) => `directory /tmp/${name}`),
    ...containers.map((id) => `container ${id}`),
  ]
}

function directoriesIn(dir: string): string[] {
  try {
    const all = readdirSync(dir, { withFileTypes: true })
    return all.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch {
    return [] // ignoring: it went away meanwhile, or is not for us to read
  }
}

function entries(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return [] // ignoring: it is not there, so nothing is left in it
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // ignoring: the process has ended meanwhile
  }
}
