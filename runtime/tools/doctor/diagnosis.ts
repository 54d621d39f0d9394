/** Step by step. The diagnosis: each capability, and what each chapter can do with them. */
import { topics, verdictOn, type CapabilityName } from './capabilities.ts'
import { flavourOf } from './groups.ts'
import type { Machine } from './machine.ts'
import type { Verdict } from './verdict.ts'

/**
 * What `stepbox doctor --format json` prints. Fields may be added; what is here stays as it is.
 * `capabilities` are in the order in which they are told, `chapters` by number. Sizes in bytes.
 */
export interface Diagnosis {
  version: 1
  /** Every chapter is `full`. */
  ok: boolean
  machine: {
    platform: string
    architecture: string
    kernel: string
    node: string
    uid: number
    /** Docker, WSL, CI and the like, if this is inside of one. */
    surroundings: string[]
    cgroups: 'v1' | 'v2' | 'hybrid' | 'none'
    /** How `/` spreads mounts: `private`, `shared:1`, `master:1`. */
    propagation: string
    dataRoot: Machine['dataRoot']
  }
  capabilities: Capability[]
  chapters: ChapterVerdict[]
}

export interface Capability extends Verdict {
  name: CapabilityName
  topic: string
  /** The chapters that cannot do without it, or not all. */
  chapters: number[]
}

export interface ChapterVerdict {
  number: number
  slug: string
  /** `part`: its containers run, and not everything can be asked of them. */
  state: 'full' | 'part' | 'none'
  /** The capabilities that are missing. */
  missing: CapabilityName[]
  /** When none of them explains it: the call at which the chapter's list stops. */
  stops?: string
}

interface Demands {
  /** Without these, neither this chapter nor any after it. */
  needs: CapabilityName[]
  /** Without these, not this chapter. */
  own?: CapabilityName[]
  /** Without these, not all of this chapter. */
  wants: CapabilityName[]
}

/** By chapter, from 1 on. */
const demands: Demands[] = [
  {
    needs: [
      'linux',
      'kernel',
      'node',
      'native',
      'root',
      'proc',
      'data-root',
      'pid-namespace',
      'mount-namespace',
      'uts-namespace',
      'ipc-namespace',
      'cgroup-namespace',
      'mount-proc',
    ],
    wants: ['network-namespace'],
  },
  {
    needs: [],
    own: ['cgroups'],
    wants: ['cgroup-cpu', 'cgroup-cpuset', 'cgroup-memory', 'cgroup-pids'],
  },
  { needs: ['image', 'pivot-root', 'devices'], wants: ['terminal'] },
  { needs: ['overlay'], wants: [] },
  { needs: [], wants: ['cgroup-freezer'] },
]

/** Judge a machine. Pure: the same probe results, the same diagnosis. */
export function diagnose(
  machine: Machine,
  chapters: { number: number; slug: string }[],
): Diagnosis {
  const capabilities = topics.flatMap(([topic, names]) =>
    names.map((name): Capability => {
      const users = chapters.map(({ number }) => number).filter((at) => asksFor(at, name))
      return { name, topic, ...verdictOn(name, machine), chapters: users }
    }),
  )
  const verdicts = chapters.map(({ number, slug }) => ({
    number,
    slug,
    ...chapterVerdict(number, capabilities, machine),
  }))
  const { platform, architecture, kernel, node, uid, surroundings, propagation, dataRoot } = machine
  return {
    version: 1,
    ok: verdicts.every(({ state }) => state === 'full'),
    machine: {
      platform,
      architecture,
      kernel,
      node,
      uid,
      surroundings,
      cgroups: flavourOf(machine.cgroups),
      propagation,
      dataRoot,
    },
    capabilities,
    chapters: verdicts,
  }
}

/** A list that was tried and stopped has the last word: capabilities only say why. */
function chapterVerdict(
  number: number,
  capabilities: Capability[],
  { tries }: Machine,
): Omit<ChapterVerdict, 'number' | 'slug'> {
  const had = capabilities.filter(({ state }) => state === 'yes' || state === 'part')
  const isMissing = (wanted: CapabilityName) => !had.some(({ name }) => name === wanted)
  const lacking = requirements(number).filter(isMissing)
  const wanting = (demands[number - 1]?.wants ?? []).filter(isMissing)
  const list = tries[`list-${number}`]
  const missing = [...lacking, ...wanting]
  if (lacking.length > 0) return { state: 'none', missing }
  if (list?.ok === false) {
    const stops = list.call ? `${list.call} = ${list.errno}` : (list.said ?? '')
    return { state: 'none', missing, stops }
  }
  return { state: missing.length > 0 ? 'part' : 'full', missing }
}

function asksFor(number: number, name: CapabilityName): boolean {
  const wants = demands[number - 1]?.wants ?? []
  return requirements(number).includes(name) || wants.includes(name)
}

function requirements(number: number): CapabilityName[] {
  const before = demands.slice(0, number).flatMap(({ needs }) => needs)
  return [...before, ...(demands[number - 1]?.own ?? [])]
}
