/** Platforms: what an image is made for, in the words of Go that images use (image-index.md). */
import { endianness } from 'node:os'

export interface Platform {
  os: string
  architecture: string
  /** Of an architecture: `v7` of arm, `v3` of amd64. */
  variant?: string
}

/** Go's names for what uname(1), Debian and others call differently. */
const otherNames: Record<string, string> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  i386: '386',
  armhf: 'arm/v7',
  armel: 'arm/v6',
}

const systems = ['linux', 'windows', 'darwin', 'freebsd', 'netbsd', 'openbsd', 'wasip1']
const architectures = [
  ...['amd64', 'arm64', 'arm', '386', 'ppc64le', 'ppc64', 's390x', 'riscv64', 'loong64'],
  ...['mips', 'mipsle', 'mips64', 'mips64le', 'wasm'],
]

/** The platform of this machine's own programs. */
export const machine: Platform = platformOfNode(process.arch)

function platformOfNode(arch: string): Platform {
  const names: Record<string, string> = { x64: 'amd64', ia32: '386', mipsel: 'mipsle' }
  const isLittle = arch === 'ppc64' && endianness() === 'LE'
  return { os: 'linux', architecture: isLittle ? 'ppc64le' : (names[arch] ?? arch) }
}

/**
 * Read `OS[/ARCH[/VARIANT]]` or `ARCH[/VARIANT]`, in the spellings that Docker takes. Throws if it
 * is none.
 */
export function parsePlatform(text: string): Platform {
  const refuse = (why: string) => new Error(`invalid platform '${text.slice(0, 80)}': ${why}`)
  const words = text.toLowerCase().split('/')
  if (words.length > 3 || words.some((word) => !/^[a-z0-9_.-]+$/.test(word)))
    throw refuse('write it as OS/ARCH or OS/ARCH/VARIANT, for example linux/amd64')
  const [first = '', ...others] = words
  if (systems.includes(first) || words.length === 3) {
    const [architecture = machine.architecture, variant] = others
    return normal({ os: first, architecture, ...(variant ? { variant } : {}) })
  }
  if (words.length === 1 && !isArchitecture(first))
    throw refuse('unknown operating system or architecture')
  if (!isArchitecture(first)) throw refuse(`unknown operating system '${first}'`)
  const [variant] = others
  return normal({ os: machine.os, architecture: first, ...(variant ? { variant } : {}) })
}

function isArchitecture(word: string): boolean {
  return architectures.includes(word) || word in otherNames
}

/** The same platform in one spelling: `arm64/v8` is `arm64`, `amd64/v1` is `amd64`. */
export function normal({ os, architecture, variant = '' }: Platform): Platform {
  const name = architecture.toLowerCase()
  const [plain = '', implied = ''] = (otherNames[name] ?? name).split('/')
  const said = (variant || implied).toLowerCase().replace(/^(?=\d)/, 'v')
  const own = said || (plain === 'arm' ? 'v7' : '')
  const isBase = (plain === 'arm64' && own === 'v8') || (plain === 'amd64' && own === 'v1')
  return { os: os.toLowerCase(), architecture: plain, ...(own && !isBase ? { variant: own } : {}) }
}

/** `linux/arm/v7`. */
export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/')
}

/**
 * How well a machine for `wanted` runs what is made for `made`: 0 is best; undefined is not at all.
 * As in Docker, an older variant is second best, and a 32-bit architecture that the processor also
 * has comes last.
 */
export function distance(made: Platform, wanted: Platform): number | undefined {
  const [of, on] = [normal(made), normal(wanted)]
  if (of.os !== on.os) return undefined
  if (of.architecture === on.architecture) {
    const older = versionOf(on) - versionOf(of)
    return older < 0 ? undefined : older
  }
  const isNarrow =
    (on.architecture === 'amd64' && of.architecture === '386') ||
    (on.architecture === 'arm64' && of.architecture === 'arm')
  return isNarrow ? 100 - versionOf(of) : undefined
}

/** Whether both have the same system and architecture, of whatever variant. */
export function isSameArchitecture(one: Platform, other: Platform): boolean {
  const [a, b] = [normal(one), normal(other)]
  return a.os === b.os && a.architecture === b.architecture
}

/** The number in the variant; without one, that of the oldest processors (8 for arm64). */
function versionOf({ architecture, variant }: Platform): number {
  const number = Number(/\d+/.exec(variant ?? '')?.[0] ?? Number.NaN)
  return Number.isNaN(number) ? (architecture === 'arm64' ? 8 : 1) : number
}
