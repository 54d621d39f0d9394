/** `completion`: what the shell completes as the user types. */
import { join } from 'node:path'
import { entryName } from '../05-commit/store/entry-names.ts'
import { readIndex } from '../05-commit/store/store.ts'
import { traitsOf, type Runtime } from '../chapter.ts'
import { UsageError, type Answer, type CommandSpec, type Flag } from '../command-line.ts'
import type { Input } from '../command-line.ts'
import { listContainers } from '../container/find.ts'
import { namesIn } from '../files.ts'
import { scripts } from './completion-scripts.ts'
import { groups } from './groups.ts'
import { globalFlags } from './global-flags.ts'

/**
 * `completion bash` prints a script for the shell. The script calls `completion words -- WORD…`,
 * which prints what the last word can become, a candidate a line; `:files` stands for all files.
 */
export function completion({ words, runtime, commands }: Input): Answer {
  const [shell = '', ...typed] = words
  const known = { ...runtime, commands: commands() }
  if (shell === 'words') return { lines: candidatesFor(typed.slice(1), known) }
  const script = scripts[shell]
  if (script === undefined)
    throw new UsageError(`no completion for '${shell}'; have: ${Object.keys(scripts).join(', ')}`)
  if (typed.length > 0) throw new UsageError(`completion ${shell} takes no further word`)
  return { lines: script.trimEnd().split('\n') }
}

/** Where the words of the command line have led. */
interface Place {
  command?: CommandSpec
  /** `container`, before its second word. */
  group?: string
  /** The flag whose value comes next. */
  flag?: Flag | undefined
  /** How many words the command has so far. */
  count: number
  /** What follows belongs to the container. */
  isOver: boolean
}

interface Known extends Runtime {
  commands: CommandSpec[]
}

function candidatesFor(typed: string[], known: Known): string[] {
  const last = typed.at(-1) ?? ''
  const place = placeAfter(typed.slice(0, -1), known.commands)
  const [, name, value] = /^--([^=]+)=(.*)$/.exec(last) ?? []
  const flags = place.command?.flags ?? globalFlags
  const ofValue = name === undefined ? place.flag : flags.find(({ long }) => long === name)
  const all = ofValue ? valuesOf(ofValue, known) : wordsAt(place, last, known)
  if (all.includes(':files')) return [':files']
  const beginning = ofValue && value !== undefined ? value : last
  const prefix = name === undefined ? '' : `--${name}=`
  return all.filter((each) => each.startsWith(beginning)).map((each) => prefix + each)
}

function placeAfter(words: string[], commands: CommandSpec[]): Place {
  const place: Place = { count: 0, isOver: false }
  for (const word of words) {
    const flags = [...(place.command?.flags ?? []), ...globalFlags]
    if (place.flag) place.flag = undefined
    else if (word.startsWith('-') && !place.isOver) place.flag = awaited(word, flags)
    else if (place.command) {
      place.count++
      if (place.command.stopAtWord) place.isOver = true
    } else Object.assign(place, stepInto(word, place.group, commands))
  }
  return place
}

/** The flag that takes the next word as its value. */
function awaited(word: string, flags: Flag[]): Flag | undefined {
  const found = word.startsWith('--')
    ? flags.find(({ long }) => word === `--${long}`)
    : flags.find(({ short }) => short !== undefined && word.endsWith(short))
  return found?.value === undefined ? undefined : found
}

function stepInto(
  word: string,
  group: string | undefined,
  commands: CommandSpec[],
): Partial<Place> {
  if (group === undefined && Object.hasOwn(groups, word)) return { group: word }
  const name = group === undefined ? word : groups[group]?.[word]
  const command = commands.find((each) => each.name === name)
  if (word === 'help') return {}
  return command ? { command } : { isOver: true }
}

function wordsAt({ command, group, count, isOver }: Place, last: string, all: Known): string[] {
  if (isOver) return command?.stopAtWord && count > 0 ? [':files'] : []
  if (last.startsWith('-')) {
    const flags = [...(command?.flags ?? globalFlags)]
    return [...new Set([...flags.map(({ long }) => `--${long}`), '--help'])]
  }
  const known = all.commands.map(({ name }) => name)
  const isKnown = (name: string | undefined) => name !== undefined && known.includes(name)
  if (command) return argumentsOf(command, count, all)
  if (group !== undefined) {
    const words = Object.entries(groups[group] ?? {})
    return words.filter(([word, means]) => word && isKnown(means)).map(([word]) => word)
  }
  const firsts = known.filter((name) => !name.includes(' '))
  return [...new Set([...firsts, ...Object.keys(groups), 'help'])]
}

/** By the words in capitals in the command's usage: `rm [-f] CONTAINER…`. */
function argumentsOf(command: CommandSpec, count: number, { root, rows }: Runtime): string[] {
  const { usage, words } = command
  const [, most] = words
  if (count >= most) return []
  const first = usage.split(' | ')[0] ?? ''
  const places = first.match(/\b(?:CONTAINER|IMAGE|NAME|NETWORK|FILE|LINE)\b/g) ?? []
  const place = places[Math.min(count, places.length - 1)]
  const [, ...further] = /([a-z]+(?:\|[a-z]+)+)/.exec(usage) ?? []
  if (places.length === 0) return further.flatMap((each) => each.split('|'))
  const isHost = traitsOf(rows).root === 'host'
  if (place === 'CONTAINER') return containersIn(root)
  if (place === 'IMAGE') return isHost ? [':files'] : imagesIn(root)
  if (place === 'NETWORK') return networksIn(root)
  if (place === 'NAME') return [...containersIn(root), ...imagesIn(root)]
  return place === 'FILE' ? [':files'] : []
}

function valuesOf({ long, value = '' }: Flag, { root, chapters }: Runtime): string[] {
  if (long === 'chapter') return chapters.map(({ slug }) => slug)
  if (value === 'FILE' || value === 'DIR') return [':files']
  if (value === 'NETWORK') return ['host', 'none', ...networksIn(root)]
  const words = value.split('|').filter((each) => /^[a-z]+$/.test(each))
  if (value.includes('|') && words.length > 0) return words
  return value.includes('container:') ? containersIn(root) : []
}

function containersIn(root: string): string[] {
  return listContainers(root).map(({ name }) => name)
}

/** The default network, and those that were made. */
function networksIn(root: string): string[] {
  const made = namesIn(join(root, 'networks')).filter((name) => !name.startsWith('.'))
  return [...new Set(['bridge', ...made])]
}

/** By their names, also without the tag that is meant anyway. */
function imagesIn(root: string): string[] {
  const names = readIndex(root).manifests.flatMap((entry) => entryName(entry) ?? [])
  return [...new Set(names.flatMap((name) => [name.replace(/:latest$/, ''), name]))]
}
