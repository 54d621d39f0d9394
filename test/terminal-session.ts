/** Tests. A terminal with a shell in it, from which containers are started. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, type TestContext } from 'vitest'
import { rootWithBusybox } from './busybox.ts'
import { linkOf } from './carry-out.ts'
import { needs } from './scratch.ts'
import { program } from './stepbox.ts'
import { openTerminal, type Screen } from './tmux.ts'

export interface Session extends Screen {
  /** The line that starts a container with a terminal. */
  run: (command: string) => string
  root: string
}

/** A terminal whose shell has noted how it was set. */
export async function session(context: TestContext): Promise<Session> {
  needs(context, 'root', 'tmux')
  const root = await rootWithBusybox()
  const screen = openTerminal({ STEPBOX_ROOT: root })
  screen.line(`stty -g > ${root}/before; echo ready`)
  await screen.shows(/^ready$/m)
  return { ...screen, root, run: (command) => `node ${program} run --rm -it busybox ${command}` }
}

/** That the shell has its terminal back as it was, and reads what is typed. */
export async function isAsBefore({ line, shows, root }: Session): Promise<void> {
  const times = ++asked
  line(`stty -g | cmp - ${root}/before && echo as before ${times}`)
  await shows(new RegExp(`^as before ${times}$`, 'm'))
}

let asked = 0

/** Whether keys go through the terminal as they are. */
export function isRaw({ shell }: Session): boolean {
  const tty = linkOf(`/proc/${shell}/fd/0`)
  return execFileSync('stty', ['-F', tty, '-a'], { encoding: 'utf8' }).includes('-icanon')
}

/** From Node down to the container's first process. */
type Family = [node: number, monitor: number, native: number, first: number]

/** Node, the native program as monitor and as start, the first process; once that has a prompt. */
export async function processes({ shell, shows }: Session): Promise<Family> {
  await shows('/ #')
  const child = childOf(shell)
  const node = linkOf(`/proc/${child}/exe`) === process.execPath ? child : childOf(child)
  const monitor = childOf(node)
  const native = childOf(monitor)
  for (const pid of [monitor, native])
    expect(linkOf(`/proc/${pid}/exe`)).toBe('/memfd:stepbox (deleted)')
  return [node, monitor, native, childOf(native)]
}

/** The first child of `pid`, or 0. */
export function childOf(pid: number): number {
  if (pid === 0) return 0
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return Number(children.split(' ')[0])
}

