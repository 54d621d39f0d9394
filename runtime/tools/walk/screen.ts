/** The debugger's screen as lines of text: the list, the reason, the changes, the keys. */
import chalk from 'chalk'
import type { Observation } from './observe.ts'
import type { PlannedLine, RecordedFrame } from './recording.ts'
import { wrap } from '../wrap.ts'

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
  keys: readonly (readonly [key: string, meaning: string])[]
  rows: number
  columns: number
}

/** The whole screen: at most `rows` lines of at most `columns` characters. */
export function draw(scene: Scene): string[] {
  const { columns, rows, isInspecting, scroll } = scene
  const last = scene.done.at(-1)
  if (isInspecting) {
    const title = [chalk.bold(fit(` ${scene.title}`, columns)), rule(columns)]
    const state = stateLines(scene).slice(scroll)
    const foot = [rule(columns), keyLine(inspectKeys, columns)]
    return [...title, ...shorten(state, rows - 5, columns), ...foot]
  }
  const listRows = Math.max(4, Math.min(scene.plan.length, Math.floor((rows - 6) / 2)))
  const list = listLines(scene, listRows)
  const head = [chalk.bold(fit(` ${scene.title}`, columns)), rule(columns), ...list]
  const reason = [rule(columns), ...reasonLines(scene)]
  const foot = [rule(columns), scene.message ?? keyLine(scene.keys, columns)]
  const room = Math.max(1, rows - head.length - reason.length - foot.length - 1)
  const detail = shorten(changeLines(last, columns), room, columns)
  return [...head, ...reason, ...detail, ...foot].slice(0, rows)
}

/** The new value of `scroll` after a key, within the lines that there are. */
export function scrolled(scene: Scene, key: 'up' | 'down'): number {
  const most = Math.max(0, stateLines(scene).length - (scene.rows - 5))
  return Math.max(0, Math.min(most, scene.scroll + (key === 'up' ? -1 : 1)))
}

const inspectKeys = [
  ['↑ ↓', 'scroll'],
  ['i', 'back to the list'],
  ['n', 'next'],
  ['q', 'quit'],
] as const

/** Why the next call is made, preceded by the whole call if the list shows it cut off. */
function reasonLines({ plan, next, columns }: Scene): string[] {
  const line = plan[next]
  const why = line?.why ?? 'all calls are made; the command runs'
  const isCut = line !== undefined && line.strace.length > columns - listMargin(plan)
  const call = isCut ? hung('   ', line.strace, columns) : []
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
    const text = fit(`${mark} ${number}  ${strace}${answer}`, columns - 1)
    if (index === next) return ` ${chalk.inverse(text)}`
    if (mark === '✗') return ` ${chalk.red(text)}`
    return made ? ` ${chalk.dim(text)}` : ` ${text}`
  })
}

function isFailure({ errno }: RecordedFrame, ignoring: string | undefined): boolean {
  return errno !== undefined && errno !== ignoring
}

function changeLines(done: RecordedFrame | undefined, columns: number): string[] {
  if (!done) return [chalk.dim('   No call is made yet. Press n to make one.')]
  if (done.changes.length === 0)
    return [chalk.dim('   The last call changed nothing that can be seen.')]
  return done.changes.flatMap(({ sign, topic, text }) => {
    const color = sign === '+' ? chalk.green : sign === '-' ? chalk.red : chalk.yellow
    return hung(`   ${sign} ${topic.padEnd(12)} `, text, columns).map((line) => color(line))
  })
}

/** The last observation. */
function stateLines({ done, start, columns }: Scene): string[] {
  const state = done.findLast((each) => each.state)?.state ?? start
  const pairs: [string, string][] = [
    ['process', `${state.pid} outside, ${state.pidInside} inside, '${state.command}'`],
    ['hostname', state.hostname],
    ['root', `${state.root}   directory ${state.cwd}`],
    ['user', `${state.uid}:${state.gid}   capabilities ${state.capabilities}`],
    ['uid map', state.uidMap],
    ['session', `${state.session}   terminal ${state.terminal ? 'yes' : 'none'}`],
    ['umask', `${state.umask}   lo ${state.loopbackUp ? 'up' : 'down'}`],
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
    ...Object.entries(state.more ?? {}).flatMap(([topic, values]) =>
      Object.entries(values).map(([name, value]): [string, string] => [topic, `${name} ${value}`]),
    ),
  ]
  return pairs.flatMap(([name, value]) => hung(`   ${name.padEnd(12)} `, value, columns))
}

/** `text` after `beginning`, wrapped, with further lines indented. */
function hung(beginning: string, text: string, columns: number): string[] {
  return wrap(text, Math.max(1, columns - beginning.length)).map((part, at) =>
    fit(`${at === 0 ? beginning : ' '.repeat(beginning.length)}${part}`, columns),
  )
}

function keyLine(keys: Scene['keys'], columns: number): string {
  let used = 0
  const shown = keys.filter(([key, meaning]) => (used += key.length + meaning.length + 3) < columns)
  return shown.map(([key, meaning]) => ` ${chalk.bold(key)} ${meaning}`).join(' ')
}

function shorten(lines: string[], room: number, columns: number): string[] {
  if (lines.length <= room)
    return [...lines, ...Array.from({ length: room - lines.length }, () => '')]
  const rest = lines.length - room + 1
  return [...lines.slice(0, room - 1), chalk.dim(fit(`   … and ${rest} more`, columns))]
}

function rule(columns: number): string {
  return chalk.dim('─'.repeat(columns))
}

/** `text` cut to `columns` characters, with control characters replaced. */
function fit(text: string, columns: number): string {
  const plain = text.replace(/[\x00-\x1f\x7f-\x9f]/g, '?')
  return plain.length <= columns ? plain : `${plain.slice(0, columns - 1)}…`
}
