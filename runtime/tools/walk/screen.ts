/** The debugger's screen as lines of text: the list, the reason, the changes, the keys. */
import chalk from 'chalk'
import type { Details } from './details.ts'
import type { Observation } from './observe.ts'
import type { PlannedLine, RecordedFrame } from './recording.ts'
import { columnsOf, cut, padded } from '../../columns.ts'
import { printable } from '../../printable.ts'
import { wrap } from '../wrap.ts'
import { saidChange } from './said-change.ts'
import { whyUnseen } from './unseen.ts'

/** Each key and what it does; what is after a comma is left out of a narrow screen. */
export type Keys = readonly (readonly [key: string, meaning: string])[]

/** What the screen shows, and its size. */
export interface Scene {
  title: string
  plan: PlannedLine[]
  /** The index of the next call. */
  next: number
  done: RecordedFrame[]
  /** The state before the first call. */
  start: Observation
  /** Show the whole state, from line `scroll` on, instead of the list. */
  isInspecting: boolean
  scroll: number
  /** Shown instead of the keys. */
  message?: string
  keys: Keys
  rows: number
  columns: number
  /** Says an English text in another language. */
  say?: (english: string) => string
}

const inEnglish = (text: string) => text

/** The whole screen: at most `rows` lines of at most `columns` characters; the keys come last. */
export function draw(scene: Scene): string[] {
  const { columns, rows, isInspecting, message } = scene
  const keys = message === undefined ? keyLine(keysOf(scene), columns) : fit(message, columns)
  const title = [chalk.bold(fit(` ${scene.title}`, columns)), rule(columns)]
  const lines = isInspecting ? inspected(scene) : walked(scene)
  return [...[...title, ...lines, rule(columns)].slice(0, Math.max(0, rows - 1)), keys]
}

/** What the lines around the list and the state take: title, rules, keys. */
const frameRows = 4

/** All of the state, from line `scroll` on. */
function inspected(scene: Scene): string[] {
  const { rows, scroll } = scene
  return shorten(stateLines(scene).slice(scroll), Math.max(1, rows - frameRows), scene)
}

/** The list; then what the last call changed; then the next call, and why it is made. */
function walked(scene: Scene): string[] {
  const { columns, rows, plan } = scene
  const room = Math.max(3, rows - frameRows - 2)
  const reason = reasonLines(scene)
  const below = shorten(reason, Math.min(reason.length, Math.max(1, Math.floor(room / 2))), scene)
  const most = Math.floor((room - below.length) / 2)
  const list = listLines(scene, Math.max(1, Math.min(plan.length, most)))
  const changes = shorten(changeLines(scene), room - below.length - list.length, scene)
  const [last, next] = headings(scene)
  return [...list, rule(columns, last), ...changes, rule(columns, next), ...below]
}

/** Of the two halves below the list: both name the call that they are about. */
function headings({ plan, next, done, say = inEnglish }: Scene): [last: string, next: string] {
  const made = plan[done.at(-1)?.index ?? -1]
  const line = plan[next]
  return [
    say(made ? `last call, ${callIn(made)}: what it changed` : 'no call is made yet'),
    say(line ? `next call, ${callIn(line)}: why it is made` : 'no call is left'),
  ]
}

function callIn({ step, name }: PlannedLine): string {
  return step > 0 ? `${step} ${name}` : name
}

/** The new value of `scroll` after a key, within the lines that there are. */
export function scrolled(scene: Scene, key: 'up' | 'down'): number {
  const most = Math.max(0, stateLines(scene).length - (scene.rows - frameRows))
  return Math.max(0, Math.min(most, scene.scroll + (key === 'up' ? -1 : 1)))
}

const inspectKeys: Keys = [
  ['↑ ↓', 'scroll'],
  ['i', 'back to the list'],
  ['n', 'next'],
  ['q', 'quit'],
]

function keysOf({ isInspecting, keys, say = inEnglish }: Scene): Keys {
  const shown = isInspecting ? inspectKeys : keys
  return shown.map(([key, meaning]) => [key, say(meaning)])
}

/** Why the next call is made, preceded by the whole call if the list shows it cut off. */
function reasonLines({ plan, next, columns, say = inEnglish }: Scene): string[] {
  const line = plan[next]
  const why = say(line?.why ?? 'all calls are made; the command runs')
  const strace = withShortIds(line?.strace ?? '')
  const isCut = columnsOf(strace) > columns - listMargin(plan)
  const call = isCut ? hung('   ', strace, columns) : []
  return [...call, ...hung('   ', why, columns).map((text) => chalk.italic(text))]
}

/** The columns before a call in the list: a mark, the number, spaces. */
function listMargin(plan: PlannedLine[]): number {
  return 6 + String(plan.length).length
}

/** As many lines of the list around the next call as fit. */
function listLines({ plan, next, done, columns }: Scene, rows: number): string[] {
  const from = Math.max(0, Math.min(next - Math.floor(rows / 2), plan.length - rows))
  const digits = String(plan.length).length
  return plan.slice(from, from + rows).map(({ step, strace, ignoring }, at) => {
    const index = from + at
    const made = done.find((each) => each.index === index)
    const mark = index === next ? '▶' : made ? (isFailure(made, ignoring) ? '✗' : '✓') : ' '
    const number = String(step || '·').padStart(digits)
    const answer = made?.errno ? ` = ${made.errno}` : ''
    const text = fit(`${mark} ${number}  ${withShortIds(strace)}${answer}`, columns - 1)
    if (index === next) return ` ${chalk.inverse(text)}`
    if (mark === '✗') return ` ${chalk.red(text)}`
    return made ? ` ${chalk.dim(text)}` : ` ${text}`
  })
}

function isFailure({ errno }: RecordedFrame, ignoring: string | undefined): boolean {
  return errno !== undefined && errno !== ignoring
}

function changeLines({ plan, done, columns, say = inEnglish }: Scene): string[] {
  const last = done.at(-1)
  if (!last) return [chalk.dim(fit(say('   Press n to make the first one.'), columns))]
  if (last.changes.length === 0)
    return hung('   ', say(whyUnseen(plan[last.index], last)), columns).map((each) =>
      chalk.dim(each),
    )
  return last.changes.flatMap((change) => {
    const { sign, topic, text } = saidChange(change, say)
    const color = sign === '+' ? chalk.green : sign === '-' ? chalk.red : chalk.yellow
    const beginning = `   ${sign} ${padded(topic, 12)} `
    return hung(beginning, withShortIds(text), columns).map((line) => color(line))
  })
}

/** The last observation. */
function stateLines({ done, start, columns, say = inEnglish }: Scene): string[] {
  const state = done.findLast((each) => each.state)?.state ?? start
  const pairs: [string, string][] = [
    ['process', `${state.pid} outside, ${state.pidInside} inside, '${state.command}'`],
    ['hostname', state.hostname],
    ['root', `${state.root}   directory ${state.cwd}`],
    ['user', `${state.uid}:${state.gid}   capabilities ${state.capabilities}`],
    ['uid map', state.uidMap],
    ['session', `${state.session}   terminal ${state.terminal ? 'yes' : 'none'}`],
    ['umask', `${state.umask}   lo ${state.loopbackUp ? 'up' : 'down'}`],
    ...(state.processes ?? []).map(({ numbers, command }): [string, string] => [
      'process',
      `${numbers.join(' outside, ')}${numbers.length > 1 ? ' inside' : ''} ${command}`,
    ]),
    ...Object.entries(state.namespaces).map(([name, inode]): [string, string] => [
      'namespace',
      `${name} ${inode}`,
    ]),
    ...state.membership.map((line): [string, string] => ['group', line]),
    ...Object.entries(state.groups).flatMap(([dir, settings]) =>
      Object.entries(settings).map(([name, value]): [string, string] => [
        'limit',
        `${dir}/${name} ${value}`,
      ]),
    ),
    ...state.mounts.map((m): [string, string] => ['mount', `${m.target} ${m.type} ${m.options}`]),
    ...Object.entries(state.descriptors).map(([fd, target]): [string, string] => [
      'descriptor',
      `${fd} ${target}`,
    ]),
    ...byTopic(state.more),
    ...byTopic(state.details),
  ]
  return pairs.flatMap(([name, value]) => hung(`   ${padded(say(name), 12)} `, say(value), columns))
}

function byTopic(all: Details = {}): [topic: string, line: string][] {
  return Object.entries(all).flatMap(([topic, values]) =>
    Object.entries(values).map(([name, value]): [string, string] => [topic, `${name} ${value}`]),
  )
}

/** `text` after `beginning`, wrapped, with further lines indented. */
function hung(beginning: string, text: string, columns: number): string[] {
  return wrap(printable(text), Math.max(1, columns - columnsOf(beginning))).map((part, at) =>
    fit(`${at === 0 ? beginning : ' '.repeat(columnsOf(beginning))}${part}`, columns),
  )
}

/** What is shown after a key that has no meaning; nothing after a change of the window's size. */
export function noKey(key: string, keys: Keys, say = inEnglish): string | undefined {
  if (key === 'resize') return undefined
  const have = keys.map(([each]) => each).join(' ')
  return say(` '${printable(key)}' is no key here; have: ${have}`)
}

/** As many words as there is room for; the keys alone if that is little. */
function keyLine(keys: Keys, columns: number): string {
  const short = keys.map(([key, meaning]) => [key, meaning.split(/[,\uff0c]/)[0] ?? ''] as const)
  const bare = keys.map(([key]) => [key, ''] as const)
  const width = (all: Keys) => all.reduce((sum, each) => sum + columnsOf(each.join(' ')) + 2, -1)
  const shown = [keys, short].find((each) => width(each) <= columns) ?? bare
  const words = shown.map(([key, meaning]) => ` ${chalk.bold(key)} ${meaning}`.trimEnd())
  return words.join(' ')
}

function shorten(lines: string[], room: number, { columns, say = inEnglish }: Scene): string[] {
  if (lines.length <= room)
    return [...lines, ...Array.from({ length: room - lines.length }, () => '')]
  const rest = lines.length - room + 1
  return [...lines.slice(0, room - 1), chalk.dim(fit(say(`   … and ${rest} more`), columns))]
}

/** A line across, with a heading in it. */
function rule(columns: number, heading = ''): string {
  const words = heading === '' ? '' : `─ ${printable(heading)} `
  return chalk.dim(cut(words + '─'.repeat(Math.max(0, columns - columnsOf(words))), columns))
}

/** `text` on one line of at most `columns`. */
function fit(text: string, columns: number): string {
  return cut(printable(text), columns)
}

/** Ids and digests hide what else is in a line: their first twelve digits tell them apart. */
function withShortIds(text: string): string {
  return text.replace(/(?<![0-9a-f])([0-9a-f]{12})[0-9a-f]{20,52}(?![0-9a-f])/g, '$1…')
}
