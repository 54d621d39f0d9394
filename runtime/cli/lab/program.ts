/** `lab test --program`: judge any executable that understands `run`, in a virtual machine. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { rowsUpTo, type Chapter } from '../../chapter.ts'
import type { ChapterLab, Check } from '../../chapter-lab.ts'
import { UsageError, valueOf, type Input } from '../../command-line.ts'
import { checkMachine } from '../../container/check-machine.ts'
import { judge, type Verdict } from '../../lab/judge.ts'
import { lackingOf } from '../../lab/lacking.ts'
import { programSubject } from '../../lab/program.ts'
import { asJson } from '../../printable.ts'
import { sentence, type Speak } from '../../sentence.ts'
import { projectInGuest } from '../../vm/initramfs.ts'
import { startVm } from '../../vm/vm.ts'
import { writeError, writeOutput } from '../output.ts'
import { progressLine } from '../progress.ts'
import { languageIn, speakerFor } from './common.ts'
import { workshopFor } from './judged.ts'
import { exitCodeAfter, sumOf, verdictLines, verdictsForJson } from './report.ts'
import { plainFailure } from '../../lab/failure-text.ts'

/** As `lab test`: 0 if all pass, 1 if one fails, 3 if none can be judged, 4 for our own errors. */
export async function labTestProgram(input: Input, named: string): Promise<number> {
  const judging = await judgingOf(input, named)
  const isHere = process.env[inside] !== undefined || input.switches.has('sandbox')
  if (isHere) return judgeHere(judging)
  const { say } = judging
  try {
    return await judgeInMachine(judging)
  } catch (error) {
    if (!(error instanceof NoMachine)) throw error
    const values = { why: error.message }
    input.warn(say(sentence('no virtual machine to judge it in: {why}', values)))
    input.warn(
      say(
        sentence(
          '--sandbox judges it on this machine, where it is root in a sandbox: only for a ' +
            'program that you trust',
        ),
      ),
    )
    return 3
  }
}

/** There is no virtual machine here, or it has ended before it was ready. */
class NoMachine extends Error {}

const inside = 'STEPBOX_LAB_INSIDE'

interface Judging {
  input: Input
  say: Speak
  rows: Chapter[]
  chapter: Chapter
  lab: ChapterLab
  /** Those that look from outside. */
  checks: Check[]
  /** The executable. */
  path: string
}

/** What is to be judged, and by what. Throws a UsageError if that is nothing. */
async function judgingOf(input: Input, named: string): Promise<Judging> {
  const number = input.words[0] ?? '1'
  const rows = await rowsUpTo(input.runtime.chapters, Number(number))
  const say = await speakerFor(input, rows)
  const chapter = rows.at(-1)
  const lab = await chapter?.lab?.()
  if (!chapter || !lab) throw new UsageError(say(sentence("no chapter '{number}'", { number })))
  const words = (input.values.get('test') ?? []).map((each) => each.replace(/^\d+\//, ''))
  const fromOutside = lab.checks.filter(({ isBlackBox }) => isBlackBox)
  const checks = fromOutside.filter(({ id }) => words.length === 0 || words.includes(id))
  const ids = fromOutside.map(({ id }) => id).join(', ')
  const none = sentence('no check of chapter {number} looks from outside', { number })
  if (fromOutside.length === 0) throw new UsageError(say(none))
  if (checks.length === 0)
    throw new UsageError(say(sentence('no such check from outside; have: {ids}', { ids })))
  return { input, say, rows, chapter, lab, checks, path: executableAt(named, say) }
}

function executableAt(named: string, say: Speak): string {
  try {
    const path = realpathSync(named)
    accessSync(path, constants.X_OK)
    if (statSync(path).isFile()) return path
  } catch {
    // ignoring: what is said below is true of each reason
  }
  throw new UsageError(say(sentence("no file at '{named}' that can be executed", { named })))
}

async function judgeInMachine({ input, chapter, path }: Judging): Promise<number> {
  const say = progressLine()
  const share = { source: dirname(path), target: '/program', readOnly: true }
  const argv = [
    ...['node', `${projectInGuest}/dist/stepbox.cjs`, 'lab', 'test', String(chapter.number)],
    ...['--program', `/program/${basename(path)}`, '--lang', languageIn(input)],
    ...(input.values.get('test') ?? []).flatMap((each) => ['-t', each]),
    ...(input.values.get('format') ?? []).flatMap((each) => ['--format', each]),
  ]
  const env = { [inside]: '1', STEPBOX_CHAPTER: '' }
  const machine = await startVm({ shares: [share], argv, env }, say).catch(noMachine)
  say(`booting Linux ${machine.parts.kernel.release}`)
  machine.stdin.end()
  machine.stdout.setEncoding('utf8').on('data', writeOutput)
  machine.stderr.setEncoding('utf8').on('data', writeError)
  await machine.ready.catch(noMachine).finally(() => say(''))
  const end = await machine.ended
  if ('exitCode' in end) return end.exitCode
  throw new Error(`the virtual machine ended by itself: ${end.why}`)
}

function noMachine(error: Error): never {
  throw new NoMachine(error.message, { cause: error })
}

async function judgeHere({ input, say, rows, chapter, lab, checks, path }: Judging) {
  checkMachine()
  const isInside = process.env[inside] !== undefined
  const where = isInside
    ? sentence('judged in a virtual machine, by what the container does')
    : sentence('judged in a sandbox on this machine, by what the container does')
  const isJson = valueOf(input, 'format') === 'json'
  const print = (text: string) => isJson || writeOutput(text)
  print(`${say(where)}\n`)
  const needs = [...new Set(checks.flatMap((check) => check.needs ?? []))]
  const lacking = await lackingOf(needs, rows, input.runtime.root)
  const subject = programSubject(await workshopFor(input, rows), path)
  const verdicts: Verdict[] = []
  for await (const verdict of judge({ chapter, lab: { ...lab, checks }, subject, lacking })) {
    verdicts.push(verdict)
    print(
      verdictLines(verdict, say)
        .map((line) => `${line}\n`)
        .join(''),
    )
    const again = `stepbox lab test ${chapter.number} --program FILE -t`
    const text = () => plainFailure(verdict, say).replace('stepbox lab test -t', again)
    if (verdict.status === 'fail') print(text())
  }
  print(`${say(sumOf(verdicts))}\n`)
  const plain = verdictsForJson(verdicts, { chapter, say })
  if (isJson) writeOutput(asJson({ ...plain, where: isInside ? 'vm' : 'sandbox' }))
  return exitCodeAfter(verdicts)
}
