/** What the host sees of a container that lives on: who waits for it, and what is on record. */
import { readdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Box, Facts } from '../../../runtime/chapter-lab.ts'
import type { Seen } from '../../../runtime/lab-findings.ts'
import { statFields } from '../../../runtime/process.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { tryRead } from '../../../runtime/files.ts'

/** A line of a journal. */
export interface JournalLine {
  kind: string
  /** In milliseconds since 1970. */
  at: number
  numbers: number[]
}

export function journalOf({ disk }: Box): JournalLine[] {
  const lines = (disk?.read('journal') ?? '').split('\n').slice(0, -1)
  return lines.map((line) => {
    const [kind = '', time = '', ...numbers] = line.split(' ')
    return { kind, at: 1000 * Number(time), numbers: numbers.map(Number) }
  })
}

export function linesOf(lines: JournalLine[], kind: string): JournalLine[] {
  return lines.filter((line) => line.kind === kind)
}

/** The journal once it has `over`, or `starts` starts that run, or some seconds later. */
export async function journalAfter(box: Box, starts = Infinity): Promise<JournalLine[]> {
  const isEnough = () => {
    const lines = journalOf(box)
    return linesOf(lines, 'over').length > 0 || linesOf(lines, 'run').length >= starts
  }
  await soon(isEnough)
  return journalOf(box)
}

/** Whether something becomes true while one would wait for it. */
export async function soon(isSo: () => boolean, milliseconds = 15_000): Promise<boolean> {
  const end = Date.now() + milliseconds
  while (!isSo() && Date.now() < end) await setTimeout(10)
  return isSo()
}

/**
 * The processes outside of the container that it hangs on: the one that waits for it, and its
 * monitor, if it has one.
 */
export function waitersOf({ pid, machine }: Facts): number[] {
  const found: number[] = []
  for (let each = parentOf(pid); each > 1 && each !== machine.pid; each = parentOf(each))
    if (namesOf(each).length === machine.nspid.length) found.push(each)
  return found
}

/** The process 1 of the container's pid namespace, by the host's number. */
export function processOne({ pid }: Facts): number {
  let found = pid
  while (found > 1 && namesOf(found).at(-1) !== 1) found = parentOf(found)
  return found
}

function parentOf(pid: number): number {
  return Number(statFields(pid)?.[4] ?? 0)
}

export function childrenOf(pid: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((each) => parentOf(each) === pid)
}

/** Its number in each pid namespace, from the host's on. */
export function namesOf(pid: number): number[] {
  const [, ...names] = /^NSpid:.*$/m.exec(statusOf(pid))?.[0].split(/\s+/) ?? []
  return names.map(Number)
}

export function statusOf(pid: number): string {
  return tryRead(`/proc/${pid}/status`) ?? ''
}

/** What is said of a container that nobody but its caller waits for. */
export const noMonitor: Omit<Seen, 'expected'> = {
  saw: sentence('one process waits for the container: the one that the caller started'),
  means: sentence('nothing stays behind that waits, and writes down how it ended'),
  hint: sentence('which call makes a monitor of the process that makes it?'),
}
