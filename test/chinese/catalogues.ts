/** Tests. The catalogues of the program, each with what its folders say. */
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { reachable, typescript, type Source } from '../sources.ts'
import { literalsIn, saidIn } from './said.ts'
import notSaid from './not-said.json' with { type: 'json' }

const root = join(import.meta.dirname, '../..')

export interface Folder {
  /** Where its `zh.json` is. */
  path: string
  catalogue: Record<string, string>
  /** All sentences that its files say to people, in English with holes. */
  said: Set<string>
  /** All texts in its files. */
  literals: Set<string>
}

/** The folders of the program that have a catalogue, or should. */
export function folders(): Folder[] {
  const found = new Map<string, Folder>()
  const program = reachable(typescript.filter(({ path }) => path === 'chapters/stepbox.ts'))
  for (const source of program.filter(({ path }) => !isLeftOut.test(path))) {
    const path = catalogueOf(source)
    const known = found.get(path)
    const folder = known ?? { path, catalogue: read(path), said: new Set(), literals: new Set() }
    found.set(path, folder)
    for (const each of saidIn(source, isOfLab.test(source.path)))
      if (!isNotSaid(each)) folder.said.add(each)
    for (const each of literalsIn(source)) folder.literals.add(each)
  }
  return [...found.values()]
}

/** Its tools say `sentence(…)` too, and test/lab/sentences.test.ts knows all of those. */
const isOfLab = /^runtime\/(cli\/)?lab\//

/** A chapter's lab says `sentence(…)` alone. */
const isLeftOut = /^chapters\/[^/]+\/lab\/|^runtime\/setup\//

/** A chapter's is in its folder of chapters/, and is that of its folder in runtime/ too. */
function catalogueOf({ path }: Source): string {
  const [top = '', folder = ''] = path.split('/')
  if (isOfLab.test(path)) return posix.dirname(path).replace(/\/export$/, '')
  const isFile = folder.endsWith('.ts')
  if (/^\d\d-/.test(folder)) return posix.join('chapters', folder)
  return isFile ? top : posix.join(top, folder)
}

function read(folder: string): Record<string, string> {
  const path = join(root, folder, 'zh.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>) : {}
}

const commands = new RegExp(notSaid.commands)

/** Commands to type, and what is listed with a reason. */
function isNotSaid(text: string): boolean {
  return commands.test(text) || Object.values(notSaid.texts).flat().includes(text)
}
