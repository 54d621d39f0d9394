/** Standard output and standard error: what is written arrives whole, or the reason is printed. */
import { writeSync } from 'node:fs'
import { printable, printableMessage } from '../printable.ts'
import { say } from './voice.ts'

/** As a shell says of a process that SIGPIPE ended. */
const endedByPipe = 128 + 13

let problem: NodeJS.ErrnoException | undefined

/**
 * Write to standard output, now: process.stdout would hold back what a slow reader of a pipe has
 * not taken, and process.exit() would drop it. If nobody reads any more, the program ends in
 * silence, as docker, git and ls do. After another problem, such as a full disk, a command goes on
 * without output, and `checkOutput` throws.
 */
export function writeOutput(text: string): void {
  write(1, Buffer.from(text))
}

/** Write foreign bytes, as they are. After a problem with one of the outputs, both are left. */
export function write(fd: 1 | 2, bytes: Uint8Array): void {
  if (problem) return
  try {
    writeWhole(fd, bytes)
  } catch (error) {
    outputFailed(error as NodeJS.ErrnoException)
  }
}

/** What follows when standard output cannot be written. */
export function outputFailed(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(endedByPipe)
  problem ??= error
}

/** Throws if standard output could not be written. */
export function checkOutput(): void {
  if (!problem) return
  const words = /^\w+: (.*), write$/.exec(problem.message)?.[1] ?? problem.message
  throw new Error(`cannot write: ${words}`, { cause: problem })
}

/** One line, which may hold foreign words. */
export function print(line: string): void {
  writeOutput(`${printable(line)}\n`)
}

/** Write to standard error. */
export function writeError(text: string): void {
  try {
    writeWhole(2, Buffer.from(text))
  } catch {
    // ignoring: there is no other place to report it, and the exit code tells how it went
  }
}

/** A message on standard error, which may hold foreign words. */
export function warn(message: string, hint = ''): void {
  writeError(`stepbox: ${printableMessage(say(message))}${say(hint)}\n`)
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; )
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      pause() // another process has made the pipe non-blocking, and it is full
    }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
}
