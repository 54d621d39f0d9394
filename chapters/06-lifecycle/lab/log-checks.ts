/** The log: what a container wrote, for whoever asks later. */
import type { Bench, Box, Check, Finding } from '../../../runtime/chapter-lab.ts'
import { notStarted, type Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'

export const logChecks: Check[] = [
  {
    id: 'logged',
    exercise: 'log',
    points: 1,
    isBlackBox: false,
    claim: sentence('the log has what the container wrote, output and errors apart, in bounds'),
    judge: async (bench) => (await wholeLog(bench)) ?? boundedLog(bench),
  },
]

interface LogRecord {
  log: string
  stream: string
  attrs?: Record<string, string>
}

async function wholeLog(bench: Bench): Promise<Finding | undefined> {
  const { word } = bench
  const did = sentence('ran a container that wrote to its output and its errors, and ended')
  const script = `echo ${word}; echo wrong-${word} >&2`
  const box = await bench.run({ script, then: 'printf end' })
  const early = await notStarted(did, box)
  if (early) return early
  await box.go()
  const [file] = filesOf(box)
  const expected = sentence('a log with a record for each line, and the stream that it came from')
  if (file === undefined)
    return {
      did,
      expected,
      saw: sentence('there is no log in the directory of the container'),
      means: sentence('what it wrote is gone with the terminal that it was shown on'),
      hint: sentence('which call opens the log, and what is openLog given?'),
    }
  const records = recordsIn(box, file)
  const textOf = (stream: string) =>
    records.flatMap((each) => (each.stream === stream ? [each.log] : [])).join('')
  const out = textOf('stdout')
  if (textOf('stderr') === `wrong-${word}\n` && out.startsWith(word) && out.endsWith('end'))
    return undefined
  return {
    did,
    expected,
    saw: sentence('{n} records, which are not what it wrote', { n: records.length }),
    means: sentence('some of the output does not come through the process with the log'),
    hint: sentence('who copies the output, and has it opened the log before the fork?'),
  }
}

/** With a bound, the log is two files, and each record says what was asked for. */
async function boundedLog(bench: Bench): Promise<Finding | undefined> {
  const { word } = bench
  const did = sentence(
    'ran a container that wrote 40 lines, with --log-opt max-size=1k, max-file=2 and env=WORD',
  )
  const options = ['max-size=1k', 'max-file=2', 'env=WORD'].flatMap((each) => ['--log-opt', each])
  const script = 'for i in 1 2 3 4; do for j in 0 1 2 3 4 5 6 7 8 9; do echo $i$j; done; done'
  const box = await bench.run({ flags: [...options, '-e', `WORD=${word}`], script, then: 'true' })
  const early = await notStarted(did, box)
  if (early) return early
  await box.go()
  const files = filesOf(box)
  const seen = inBounds(word, files, files.flatMap((file) => recordsIn(box, file)))
  return seen && { did, ...seen }
}

function inBounds(word: string, files: string[], records: LogRecord[]): Seen | undefined {
  const expected = sentence('two files of about 1000 bytes, and WORD in each record')
  if (files.length === 1 && records.length < 40)
    return {
      expected,
      saw: sentence('one file, with the last {n} records', { n: records.length }),
      means: sentence('when it reaches its bound, all that it had is lost'),
      hint: sentence('which field of a Log says how many files are kept?'),
    }
  if (files.length === 1)
    return {
      expected,
      saw: sentence('one file, with all of the records'),
      means: sentence('the log grows until the disk is full'),
      hint: sentence('which argument of open_log is the bound, and in which unit?'),
    }
  if (files.length > 2 || records.length < 8)
    return {
      expected,
      saw: sentence('{n} records in {files} files', { n: records.length, files: files.length }),
      means: sentence('the bound, or the number of files, is another one'),
      hint: sentence('what does open_log take first: the bytes of a file, or the files?'),
    }
  if (records.every(({ attrs }) => attrs?.['WORD'] === word)) return undefined
  return {
    expected,
    saw: sentence('records without WORD'),
    means: sentence('what --log-opt asked to keep of the container is not in its log'),
    hint: sentence('which field of a Log has not become an argument?'),
  }
}

/** The names of the log's files, the current one first. */
function filesOf({ disk }: Box): string[] {
  return (disk?.names('') ?? []).filter((name) => /^[^/]*-json\.log(\.\d+)?$/.test(name))
}

function recordsIn({ disk }: Box, file: string): LogRecord[] {
  const lines = (disk?.read(file) ?? '').split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as LogRecord)
}
