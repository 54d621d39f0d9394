/**
 * Who runs the command: a user and groups by number or by name, as passwd(5) and group(5) of the
 * container's own root file system have them. Docker's rules, with all that it accepts.
 */
import type { User } from '../options.ts'
import { readInRoot, type Merging } from './in-root.ts'

declare module '../options.ts' {
  interface ContainerOptions {
    /** `USER`, `USER:GROUP` or `:GROUP`, each a number or a name. */
    user?: string
    /** Further groups, each a number or a name. */
    groupAdd?: string[]
  }
}

/** The texts of /etc/passwd and /etc/group; a missing file is an empty one. */
interface AccountFiles {
  passwd: string
  group: string
}

export interface Account extends Required<User> {
  /** HOME, where nothing else sets it. */
  home: string
}

/** What a line of passwd says; what it lacks, or has wrong, is 0 or empty, as in Docker. */
interface Entry {
  name: string
  uid: number
  gid: number
  home: string
}

interface Group {
  name: string
  gid: number
  members: string[]
}

/** What is looked up of a container: see `ContainerOptions`. */
interface AskedAccount {
  user?: string
  groupAdd?: string[]
}

/** Most bytes of passwd or group: with 16 MiB, hundreds of thousands of users. */
const most = 2 ** 24

/**
 * The account of a container whose `/` will be the directories `trees`, topmost first. A file that
 * cannot be read matters only if a name is looked up in it.
 */
export async function accountIn(
  asked: AskedAccount,
  trees: string[],
  merging?: Merging,
): Promise<Account> {
  const problems: string[] = []
  const read = async (path: string) => {
    try {
      return (await readInRoot(trees, path, { most, ...(merging ? { merging } : {}) })) ?? ''
    } catch (error) {
      problems.push(`\n  ${path} ${(error as Error).message}`)
      return '' // ignoring, unless a name is missing: then the problem is said
    }
  }
  const files = { passwd: await read('/etc/passwd'), group: await read('/etc/group') }
  try {
    return accountOf(asked, files)
  } catch (error) {
    throw new Error(`${(error as Error).message}${problems.join('')}`, { cause: error })
  }
}

/**
 * Look up `user`, by default root, and the groups of `groupAdd`. A number counts even if no line
 * has it. Throws if a name is in no line, or a number is no id.
 */
export function accountOf(
  { user = '', groupAdd = [] }: AskedAccount,
  files: AccountFiles,
): Account {
  const entries = linesOf(files.passwd).map(entryOf)
  const groups = linesOf(files.group).map(groupOf)
  const [userWord = '', groupWord = ''] = user.split(':')
  const asked = userWord === '' ? 0 : numberIn(userWord)
  const entry = entries.find(({ name, uid }) =>
    asked === undefined ? name === userWord : uid === asked,
  )
  if (asked === undefined && !entry)
    throw new Error(`unable to find user ${userWord}: no matching entries in passwd file`)
  const uid = entry ? idInFile(entry.uid) : idTyped(asked ?? 0)
  const gid = groupWord === '' ? idInFile(entry?.gid ?? 0) : gidOf(groupWord, groups, isNamed)
  const isMember = ({ members }: Group) => entry !== undefined && members.includes(entry.name)
  const further = groupWord === '' ? groups.filter(isMember).map((group) => group.gid) : []
  const added = groupAdd.map((word) => gidOf(word, groups, isNamedOrNumbered))
  const home = entries.find((each) => each.uid === uid)?.home ?? '/'
  return { uid, gid, groups: [...new Set([gid, ...further.map(idInFile), ...added])], home }
}

function gidOf(word: string, groups: Group[], isIt: (group: Group, word: string) => boolean) {
  const found = groups.find((group) => isIt(group, word))
  if (found) return idInFile(found.gid)
  const number = numberIn(word)
  if (number !== undefined) return idTyped(number)
  throw new Error(`unable to find group ${word}: no matching entries in group file`)
}

/** A number is looked for among the numbers only, even if a group is called by it. */
function isNamed({ name, gid }: Group, word: string): boolean {
  const number = numberIn(word)
  return number === undefined ? name === word : gid === number
}

function isNamedOrNumbered({ name, gid }: Group, word: string): boolean {
  return name === word || String(gid) === word
}

/** The largest id that Docker takes from the command line. */
const mostTyped = 2 ** 31 - 1

function idTyped(id: number): number {
  if (id >= 0 && id <= mostTyped) return id
  throw new Error(`uids and gids must be in range 0-${mostTyped}`)
}

/** (uid_t) -1 means "leave it" to the kernel, and a larger number would be cut to 32 bits. */
function idInFile(id: number): number {
  if (id >= 0 && id < 2 ** 32 - 1) return id
  throw new Error(`passwd or group file: ${id} is not an id; they are in range 0-${2 ** 32 - 2}`)
}

function linesOf(text: string): string[][] {
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim().split(':')]))
}

function entryOf([name = '', , uid = '', gid = '', , home = '']: string[]): Entry {
  return { name, uid: numberIn(uid) ?? 0, gid: numberIn(gid) ?? 0, home }
}

function groupOf([name = '', , gid = '', members = '']: string[]): Group {
  return { name, gid: numberIn(gid) ?? 0, members: members.split(',') }
}

function numberIn(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined
}
