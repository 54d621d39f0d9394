/** The diagnosis: a verdict on each capability, and on each chapter. */
import type { Chapter } from '../../chapter.ts'
import type { Capability, Demands } from '../../chapter-tools.ts'
import { topics, verdictOn, verdictOnAdded } from './capabilities.ts'
import { flavourOf } from './groups.ts'
import type { Attempt, Machine } from './machine.ts'
import type { MachineVerdict } from './verdict.ts'

/**
 * What `stepbox doctor --format json` prints. Fields may be added; what is here stays as it is.
 * `capabilities` are in the order in which they are shown, `chapters` by number. Sizes in bytes.
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
    /** Docker, WSL, CI and the like, if this machine runs in one. */
    surroundings: string[]
    cgroups: 'v1' | 'v2' | 'hybrid' | 'none'
    /** The propagation of `/`: `private`, `shared:1`, `master:1`. */
    propagation: string
    dataRoot: Machine['dataRoot']
  }
  capabilities: CapabilityVerdict[]
  chapters: ChapterVerdict[]
}

/** A capability, and whether the machine has it. */
export interface CapabilityVerdict extends MachineVerdict {
  name: string
  topic: string
  /** The chapters that need it, wholly or in part. */
  chapters: number[]
}

/** A chapter, and whether its containers run. */
export interface ChapterVerdict {
  number: number
  slug: string
  /** `part`: its containers run, but some of their options do not work. */
  state: 'full' | 'part' | 'none'
  /** The capabilities that are missing. */
  missing: string[]
  /** If none of them is the reason: the call at which the chapter's list stops. */
  stops?: string
}

/** A chapter, what it demands of a machine, and the capabilities that it adds. */
export interface Demanding extends Demands {
  number: number
  slug: string
  capabilities?: Capability[]
}

/** The demands and capabilities of each of `rows`. */
export async function demandsOf(rows: Chapter[]): Promise<Demanding[]> {
  return Promise.all(
    rows.map(async ({ number, slug, tools }) => {
      const { demands, capabilities = [] } = (await tools?.()) ?? {}
      return { number, slug, ...demands, capabilities }
    }),
  )
}

/** Judge a machine. Pure: the same probe results, the same diagnosis. */
export function diagnose(machine: Machine, chapters: Demanding[]): Diagnosis {
  const shared = topics.flatMap(([topic, names]) =>
    names.map((name) => ({ name, topic, ...verdictOn(name, machine) })),
  )
  const added = chapters.flatMap(({ capabilities = [] }) =>
    capabilities.map((each) => {
      return { name: each.name, topic: each.topic, ...verdictOnAdded(each, machine) }
    }),
  )
  const capabilities = [...shared, ...added].map((each): CapabilityVerdict => {
    const users = chapters.filter((_, at) => asksFor(chapters, at, each.name))
    return { ...each, chapters: users.map(({ number }) => number) }
  })
  const verdicts = chapters.map(({ number, slug, wants = [] }, at) => {
    const list = machine.tries[`list-${number}`]
    const asked = { needs: requirements(chapters, at), wants, list }
    return { number, slug, ...chapterVerdict(asked, capabilities) }
  })
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

interface Asked {
  needs: string[]
  wants: string[]
  /** The result of trying its list. */
  list: Attempt | undefined
}

/** A list that stopped decides, even if no missing capability explains it. */
function chapterVerdict(
  { needs, wants, list }: Asked,
  capabilities: CapabilityVerdict[],
): Omit<ChapterVerdict, 'number' | 'slug'> {
  const had = capabilities.filter(({ state }) => state === 'yes' || state === 'part')
  const isMissing = (wanted: string) => !had.some(({ name }) => name === wanted)
  const lacking = needs.filter(isMissing)
  const missing = [...lacking, ...wants.filter(isMissing)]
  if (lacking.length > 0) return { state: 'none', missing }
  if (list?.ok === false) {
    const stops = list.call ? `${list.call} = ${list.errno}` : (list.said ?? '')
    return { state: 'none', missing, stops }
  }
  return { state: missing.length > 0 ? 'part' : 'full', missing }
}

function asksFor(chapters: Demanding[], at: number, name: string): boolean {
  return [...requirements(chapters, at), ...(chapters[at]?.wants ?? [])].includes(name)
}

/** What the chapter at `at` needs: what it and each chapter before it needs, and its own. */
function requirements(chapters: Demanding[], at: number): string[] {
  const all = chapters.slice(0, at + 1).flatMap(({ needs = [] }) => needs)
  return [...all, ...(chapters[at]?.own ?? [])]
}
