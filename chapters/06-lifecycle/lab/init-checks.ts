/** Process 1: with --init it is one that reaps, and passes signals on. */
import type { Bench, Check, Finding } from '../../../runtime/chapter-lab.ts'
import { notStarted } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { childrenOf, processOne, soon, statusOf } from './monitored.ts'

const init = { exercise: 'init', points: 1, isBlackBox: true } as const

export const initChecks: Check[] = [
  {
    id: 'reaped',
    ...init,
    claim: sentence('with --init, an orphan that has ended is gone; without it, nothing is added'),
    judge: reaped,
  },
  {
    id: 'passed-on',
    ...init,
    claim: sentence('with --init, the command gets the signal that process 1 was sent'),
    judge: passedOn,
  },
]

const flags = ['--init']

async function reaped(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('ran a container with --init; killed an orphan in it')
  const script = "sh -c 'sleep 600 > /dev/null 2>&1 &'"
  const box = await bench.run({ flags, script, then: 'true' })
  const early = await notStarted(did, box)
  const { facts } = box
  if (early || !facts) return early
  const first = processOne(facts)
  const [orphan] = childrenOf(first).filter((each) => each !== facts.pid)
  const expected = sentence('the orphan is a child of process 1, which waits for it at once')
  if (orphan !== undefined) process.kill(orphan, 'SIGKILL')
  const isGone = () => orphan !== undefined && statusOf(orphan) === ''
  if (!(await soon(isGone, 2000)))
    return {
      did,
      expected,
      saw: sentence('the orphan is a zombie, and stays one'),
      means: sentence('process 1 is the command, which waits only for its own children'),
      hint: sentence('which call of the list stays behind as process 1, and when is it made?'),
    }
  return plain(bench)
}

async function plain(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('ran a container without --init')
  const box = await bench.run({ script: 'true', then: 'true' })
  const early = await notStarted(did, box)
  if (early || !box.facts || box.facts.nspid.at(-1) === 1) return early
  return {
    did,
    expected: sentence('the command is process 1'),
    saw: sentence('the command is process {pid}', { pid: box.facts.nspid.at(-1) ?? 0 }),
    means: sentence('--init was not given, and process 1 is not the command'),
    hint: sentence('what is withInit given, and what does it give without it?'),
  }
}

/** The kernel drops what process 1 has no handler for: the shell has none. */
async function passedOn(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('ran a shell with --init, and sent SIGTERM to process 1 of the container')
  const box = await bench.run({ flags, script: 'true', then: 'exit 0' })
  const early = await notStarted(did, box)
  const { facts } = box
  if (early || !facts) return early
  const first = processOne(facts)
  process.kill(first, 'SIGTERM')
  await soon(() => isOver(facts.pid) || isIdle(first))
  const { exitCode } = await box.go()
  if (exitCode === 128 + 15) return undefined
  return {
    did,
    expected: sentence('the shell, which has no handler, is ended by it: exit code 143'),
    saw: sentence('the shell went on, and ended with exit code {code}', { code: exitCode }),
    means: sentence('the kernel drops a signal for process 1 that has no handler'),
    hint: sentence('which process is number 1 here: the shell, or its parent?'),
  }
}

function isOver(pid: number): boolean {
  const status = statusOf(pid)
  return status === '' || /^State:\s+[ZX]/m.test(status)
}

/** It sleeps, and no SIGTERM waits for it. */
function isIdle(pid: number): boolean {
  const status = statusOf(pid)
  const masks = [...status.matchAll(/^(?:Sig|Shd)Pnd:\s+(\w+)/gm)].map(([, mask]) => mask)
  const bit = 1n << 14n
  return /^State:\s+S/m.test(status) && masks.every((mask) => (BigInt(`0x${mask}`) & bit) === 0n)
}
