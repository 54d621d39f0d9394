/** Runs a container for a check, and asks the learner for the layer of what it wrote. */
import { stackIn } from '../../../runtime/04-overlay/stack.ts'
import type { LayerEntry, UpperFact } from '../../../runtime/05-commit/layer/entries.ts'
import { upperFacts } from '../../../runtime/05-commit/layer/facts.ts'
import { typeflags } from '../../../runtime/05-commit/tar/tar.ts'
import type { Bench, Box, Finding } from '../../../runtime/chapter-lab.ts'
import { notStarted, type Seen } from '../../../runtime/lab-findings.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'

/** The file with the chapter's function. */
export const entriesFile = 'runtime/05-commit/layer/entries.ts'

/** What a container wrote, and the learner's layer of it. */
export interface Layered {
  box: Box
  /** The container's directory on the host. */
  dir: string
  facts: UpperFact[]
  entries: LayerEntry[]
}

/** A container whose layer is looked at. */
interface Look {
  did: Sentence
  script: string
  /** What is wrong with the layer, if something is. */
  see: (layered: Layered) => Seen | undefined | Promise<Seen | undefined>
}

/** Run `script` in a container, and look at what the learner's function makes of its facts. */
export async function lookAtLayer(bench: Bench, look: Look): Promise<Finding | undefined> {
  const { did, script, see } = look
  const box = await bench.run({ script, then: 'true' })
  const early = await notStarted(did, box)
  if (early || !box.disk) return early
  const facts = await upperFacts(stackIn(box.disk.dir))
  const answer = await bench.ask(entriesFile, 'layerEntries', facts)
  const wrong = whyNoEntries(answer)
  if (wrong) return { did, ...wrong }
  const seen = await see({ box, dir: box.disk.dir, facts, entries: answer as LayerEntry[] })
  return seen && { did, ...seen }
}

/** Why an answer is no list of entries; undefined if it is one. */
export function whyNoEntries(answer: unknown): Seen | undefined {
  const expected = sentence('a list of entries, each with all fields of a LayerEntry')
  const hint = sentence('the type LayerEntry, in entries.ts, says what each field is')
  if (!Array.isArray(answer)) {
    const saw = sentence('no list, but {what}', { what: inShort(answer) })
    return { expected, saw, means: sentence('no archive can be written from that'), hint }
  }
  for (const each of answer as unknown[]) {
    const wrong = wrongField(each)
    if (wrong === undefined) continue
    return {
      expected,
      saw: sentence('the entry {entry}', { entry: inShort(each) }),
      means: sentence('its field {field} is missing, or of another kind', { field: wrong }),
      hint,
    }
  }
  return undefined
}

/** The first field of an entry that is not what its type says. */
function wrongField(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null) return 'path'
  const found = entry as Partial<Record<keyof LayerEntry, unknown>>
  if (typeof found.path !== 'string' || found.path === '') return 'path'
  if (typeof found.type !== 'string' || !Object.hasOwn(typeflags, found.type)) return 'type'
  const numbers = ['mode', 'uid', 'gid', 'size'] as const
  const number = numbers.find((field) => !isNatural(found[field]))
  if (number) return number
  if (typeof found.mtimeNs !== 'string' || !/^-?\d{1,30}$/.test(found.mtimeNs)) return 'mtimeNs'
  if (typeof found.target !== 'string') return 'target'
  const { major, minor } = (found.device ?? {}) as { major?: unknown; minor?: unknown }
  return isNatural(major) && isNatural(minor) ? undefined : 'device'
}

function isNatural(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

export function inShort(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 120)
}

/** `a, b, c`, or that there is nothing. */
export function listed(paths: string[]): string {
  const [most, more] = [paths.slice(0, 5).join(', '), paths.length > 5 ? ', …' : '']
  return paths.length === 0 ? '[]' : most + more
}
