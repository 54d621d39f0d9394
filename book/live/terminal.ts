/** A root shell in a terminal, for a page. Its sessions are typed into it, as a reader would. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closeInherited } from '../../runtime/01-namespaces/namespaces.ts'
import type { Size } from '../../runtime/03-pivot-root/terminal.ts'
import { firstFd } from '../../runtime/descriptors.ts'
import { perform } from '../../runtime/native.ts'
import { removeTree } from '../../runtime/remove-tree.ts'
import { toolStep } from '../../runtime/step.ts'
import { begin, clearUp } from './process.ts'
import { typist } from './typist.ts'
import type { Line } from './line.ts'

/** More bytes than this are not kept for a page that does not take them. */
const mostWaiting = 2 ** 20

interface Asked {
  size: Size
  chapter: number | undefined
  /** The commands of each session of the chapter. */
  sessions: string[][]
}

/** Join a shell and the socket of a page until one of them ends. */
export async function terminal(line: Line, { size, chapter, sessions }: Asked): Promise<void> {
  const mark = randomBytes(16).toString('hex')
  const cwd = mkdtempSync(join(tmpdir(), 'stepbox-live-')) // sessions write files where they are
  const started = begin({
    argv: ['bash', '--noprofile', '--rcfile', join(import.meta.dirname, 'bashrc'), '-i'],
    env: {
      STEPBOX_MARK: mark,
      ...(chapter === undefined ? {} : { STEPBOX_CHAPTER: String(chapter) }),
    },
    terminal: size,
    cwd,
  })
  const { input, output, ended } = started
  const typing = typist(mark, { type: (text) => void input.write(text), tell: line.tell })
  let path: string | undefined
  output.on('data', (bytes: Buffer) => {
    path ??= otherSide(started.pid())
    typing.seen(bytes)
    line.send(bytes)
    if (line.waiting() < mostWaiting) return
    output.pause()
    line.whenSent(() => void output.resume())
  })
  line.onBytes((bytes) => {
    typing.interrupted(bytes)
    input.write(bytes)
  })
  line.onText((message) => {
    const { resize, run } = message
    if (isSize(resize)) return void resized(path, { columns: resize[0], rows: resize[1] })
    const commands = typeof run === 'number' ? sessions[run] : undefined
    if (typeof run !== 'number' || !commands) return line.refuse()
    typing.run(run, commands)
  })
  line.onClose(started.end)
  const { exitCode } = await ended
  await clearUp()
  await removeTree(cwd)
  line.finish({ exit: exitCode })
}

/** Columns and rows, as many as a terminal can have. */
function isSize(value: unknown): value is [number, number] {
  const isCount = (each: unknown) =>
    Number.isInteger(each) && Number(each) > 0 && Number(each) < 2000
  return Array.isArray(value) && value.length === 2 && value.every(isCount)
}

/** The side of the terminal that the shell has, before it can have put anything in its place. */
function otherSide(pid: number): string | undefined {
  try {
    const path = readlinkSync(`/proc/${pid}/fd/0`)
    return path.startsWith('/dev/pts/') ? path : undefined
  } catch {
    return undefined // ignoring: it has ended
  }
}

/** Two system calls, and Node makes neither; the kernel sends SIGWINCH. */
async function resized(path: string | undefined, { rows, columns }: Size): Promise<void> {
  if (path === undefined) return
  const why = 'the window of a page has another size'
  const open = toolStep(['open', path, ['O_RDWR', 'O_NOCTTY', 'O_CLOEXEC'], 0], why)
  const size = toolStep(['ioctl_winsize', firstFd, rows, columns], why)
  await perform([...closeInherited(), open, size]).catch(() => {}) // ignoring: the shell has ended
}
