/** `info`: what is there, in Docker's layout. */
import { readFileSync } from 'node:fs'
import { cpus, hostname, release, totalmem } from 'node:os'
import metadata from '../../package.json' with { type: 'json' }
import { lookAtCgroups } from '../02-cgroups/cgroups.ts'
import { listImages } from '../05-commit/store/images.ts'
import { traitsOf } from '../chapter.ts'
import type { Answer, Input } from '../command-line.ts'
import { everyContainer } from '../container/find.ts'
import { tidy } from '../container/tidy.ts'
import { tryRead } from '../files.ts'
import { look } from '../tools/doctor/look.ts'
import { binarySize } from '../units.ts'
import { dockerFlags } from './docker-words.ts'
import { chapterName } from './facts.ts'
import { usualRoots } from './data-roots.ts'
import { say } from './voice.ts'

/** True facts only: what Docker says and Stepbox does not have is left out. */
export async function info({ runtime, chapter }: Input): Promise<Answer> {
  const { root, rows } = runtime
  const has = traitsOf(rows)
  if (has.keeps) await tidy(runtime)
  const { containers } = everyContainer(root)
  const running = containers.filter(({ status }) => status === 'running').length
  const images = new Set(listImages(root).images.map(({ id }) => id)).size
  const machine = look(root)
  const facts = {
    Containers: containers.length,
    ContainersRunning: running,
    ContainersPaused: 0,
    ContainersStopped: containers.length - running,
    Images: images,
    Driver: has.root === 'layers' ? 'overlay2' : 'none',
    DriverStatus: [['Backing Filesystem', machine.dataRoot.filesystem || 'none yet']],
    CgroupDriver: 'cgroupfs',
    CgroupVersion: cgroupVersion(),
    KernelVersion: release(),
    OperatingSystem: operatingSystem(),
    OSType: process.platform,
    Architecture: process.arch === 'x64' ? 'x86_64' : process.arch,
    NCPU: cpus().length,
    MemTotal: totalmem(),
    DockerRootDir: root,
    Name: hostname(),
    ServerVersion: metadata.version,
    Chapter: chapterName(chapter),
    SecurityOptions: [] as string[],
    Warnings: warningsAt(root),
  }
  return { json: facts, lines: linesOf(facts).map(say) }
}

const securityChapter = dockerFlags['run']?.find(({ long }) => long === 'security-opt')?.chapter

type Facts = Record<string, unknown> & { DriverStatus: string[][]; Warnings: string[] }

function linesOf(facts: Facts): string[] {
  const { Driver, DriverStatus, Warnings, MemTotal } = facts
  const line = (name: string, field: string) => ` ${name}: ${String(facts[field])}`
  return [
    line('Containers', 'Containers'),
    ` ${line('Running', 'ContainersRunning')}`,
    ` ${line('Paused', 'ContainersPaused')}`,
    ` ${line('Stopped', 'ContainersStopped')}`,
    line('Images', 'Images'),
    line('Server Version', 'ServerVersion'),
    line('Chapter', 'Chapter'),
    ` Storage Driver: ${String(Driver)}`,
    ...DriverStatus.map(([name, value]) => `  ${name}: ${value}`),
    line('Cgroup Driver', 'CgroupDriver'),
    line('Cgroup Version', 'CgroupVersion'),
    ` Security Options: none yet; chapter ${securityChapter} brings them`,
    line('Kernel Version', 'KernelVersion'),
    line('Operating System', 'OperatingSystem'),
    line('OSType', 'OSType'),
    line('Architecture', 'Architecture'),
    line('CPUs', 'NCPU'),
    ` Total Memory: ${binarySize(Number(MemTotal))}`,
    line('Name', 'Name'),
    line('Stepbox Root Dir', 'DockerRootDir'),
    ...Warnings.map((text) => `WARNING: ${text}`),
  ]
}

/** As Docker counts: 2 if there is nothing but version 2. */
function cgroupVersion(): string {
  const versions = lookAtCgroups().hierarchies.map(({ version }) => version)
  return versions.length > 0 && versions.every((version) => version === 2) ? '2' : '1'
}

function operatingSystem(): string {
  const text = tryRead('/etc/os-release') ?? ''
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? process.platform
}

/** Other data roots that have something in them: a name that is missing here may be there. */
function warningsAt(root: string): string[] {
  return usualRoots().flatMap((other) => {
    if (other === root) return []
    try {
      readFileSync(`${other}/index.json`)
      return [`there is another data root, ${other}: --root ${other}`]
    } catch {
      return [] // ignoring: there is none, or it is closed to this user
    }
  })
}
