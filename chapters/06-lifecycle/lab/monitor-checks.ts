/** The monitor: the container needs nobody any more, and its end is on record. */
import type { Bench, Check, Finding } from '../../../runtime/chapter-lab.ts'
import { tryReadlink } from '../../../runtime/files.ts'
import { notStarted } from '../../../runtime/lab-findings.ts'
import { statFields } from '../../../runtime/process.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { journalAfter, journalOf, linesOf, noMonitor, waitersOf } from './monitored.ts'

const planner = { exercise: 'monitor', points: 1, isBlackBox: false } as const

export const monitorChecks: Check[] = [
  {
    id: 'lives-on',
    ...planner,
    claim: sentence('the container lives on when the program that started it has ended'),
    judge: livesOn,
  },
  {
    id: 'lets-go',
    ...planner,
    claim: sentence('the monitor keeps neither the session nor the directory of its caller'),
    judge: letsGo,
  },
  {
    id: 'recorded',
    ...planner,
    claim: sentence('after kill -9 of the monitor, the record says which process has gone'),
    judge: recorded,
  },
]

/** It waits, and ends with 7 when it is asked to. */
const waiting = { flags: ['-d'], script: 'trap "exit 7" TERM', then: 'sleep 600 & wait' }

async function livesOn(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('started a container with -d; ended the program that had started it')
  const box = await bench.run(waiting)
  const early = await notStarted(did, box)
  if (early || !box.facts) return early
  const seen = {
    did,
    expected: sentence('the container lives on; when it ends, its exit code 7 is on record'),
  }
  if (!(await box.leave()))
    return {
      ...seen,
      saw: sentence('the container was killed when the socket to that program closed'),
      means: sentence('the process that waits for the container ends it when its caller is gone'),
      hint: sentence('which call puts a process in between that needs no caller?'),
    }
  process.kill(box.facts.pid, 'SIGTERM')
  const lines = await journalAfter(box, 2)
  const [exit] = linesOf(lines, 'exit')
  if (exit?.numbers[0] !== 7 << 8)
    return {
      ...seen,
      saw: sentence('the journal does not have that exit code'),
      means: sentence('no process waited for its end'),
      hint: sentence('the process that waits writes the journal: which one is it?'),
    }
  if (linesOf(lines, 'start').length === 1) return undefined
  return {
    ...seen,
    saw: sentence('its end is on record, and a second start after it'),
    means: sentence('without --restart, nothing starts it again'),
    hint: sentence('restart.name is no: which flag does that become?'),
  }
}

async function letsGo(bench: Bench): Promise<Finding | undefined> {
  const from = '/home'
  const did = sentence('started a container with -d from the directory {from}', { from })
  const box = await bench.run({ ...waiting, from })
  const early = await notStarted(did, box)
  if (early || !box.facts) return early
  const expected = sentence('a monitor that leads a session, and stands in /')
  const [start = 0, monitor] = waitersOf(box.facts)
  if (monitor === undefined) return { did, expected, ...noMonitor }
  const leads = (pid: number) => Number(statFields(pid)?.[6]) === pid
  if (!leads(monitor))
    return {
      did,
      expected,
      ...(leads(start)
        ? {
            saw: sentence('the monitor is in the session of its caller; its child leads one'),
            means: sentence('setsid was made by the child, after supervise had forked'),
            hint: sentence('which process goes on with the list after supervise?'),
          }
        : {
            saw: sentence('the monitor is in the session of its caller'),
            means: sentence('when the terminal closes, the kernel hangs up all of its session'),
            hint: sentence('which call makes a session? man 2 says who may make it'),
          }),
    }
  const cwd = tryReadlink(`/proc/${monitor}/cwd`) ?? ''
  if (cwd === '/') return undefined
  return {
    did,
    expected,
    saw: sentence('the working directory of the monitor is {cwd}', { cwd }),
    means: sentence('as long as it lives, the disk with that directory cannot be unmounted'),
    hint: sentence('which directory is always in use, so that one process more is no harm?'),
  }
}

async function recorded(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('started a container with -d, and killed its monitor with kill -9')
  const box = await bench.run(waiting)
  const early = await notStarted(did, box)
  const { facts } = box
  if (early || !facts) return early
  const expected = sentence('the container is gone, too; the journal names its first process')
  const [, monitor] = waitersOf(facts)
  if (monitor === undefined) return { did, expected, ...noMonitor }
  const pid = facts.nspid[facts.machine.nspid.length - 1] ?? 0
  const began = Number(statFields(facts.pid)?.[22])
  const isLeft = await box.orphan(monitor)
  const lines = journalOf(box)
  const [start] = linesOf(lines, 'start')
  const isNamed = start?.numbers[0] === pid && start.numbers[1] === began
  if (!isLeft && isNamed && linesOf(lines, 'exit').length === 0) return undefined
  return {
    did,
    expected,
    saw: isLeft
      ? sentence('the container lives on')
      : sentence('the journal does not name process {pid}, which began at {began}', {
          ...{ pid, began },
        }),
    means: sentence('the next command cannot find out what has become of it'),
    hint: sentence('supervise comes before every fork of the list: does it?'),
  }
}
