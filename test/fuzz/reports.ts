/** Tests. Fuzzed: what Node reads from the native program, which may be killed at any byte. */
import { PassThrough } from 'node:stream'
import { readLines } from '../../runtime/reports.ts'
import { rule, same, type Target } from './target.ts'

const bytesOf = (text: string) => Buffer.from(text, 'latin1')

export const reports: Target = {
  name: 'reports',
  seeds: () => [
    bytesOf('step 0 0 0 1200 0\nstep 1 77 0 900 0\nexit 256\n'),
    bytesOf('step 0 5 0 1200 5\nab\ncdstep 1 -1 17 9 0\n'),
    bytesOf('failed 3 -1 2 800 3\nabcexit 9\n'),
    bytesOf('refused not a plan: ???\n'),
  ],
  words: ['step ', 'failed ', 'exit ', 'refused ', '\n', ' ', '-1', '1e3', 'NaN', ' 0 0 0 0 '],
  check: async (bytes) => {
    const lines = await read([bytes])
    const bound = 1 + bytes.toString('latin1').split('\n').length
    rule(lines.length <= bound, `${lines.length} lines`)
    const size = 1 + (bytes.length >> 6)
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    )
    same(await read(pieces), lines, 'others in other pieces')
    for (const { kind, fields, answer } of lines) {
      const isStep = kind === 'step' || kind === 'failed'
      rule(isStep || kind === 'exit' || kind === 'refused', `a line of the kind '${kind}'`)
      const numbers = kind === 'refused' ? [] : fields.map(Number)
      rule(numbers.every(Number.isSafeInteger), `numbers ${fields.join(' ')}`)
      if (isStep) same(answer.length, (numbers[4] ?? 0) * 2, 'the bytes of the answer, in hex')
    }
    return lines.map(({ kind }) => kind).join(' ')
  },
}

interface Line {
  kind: string
  fields: string[]
  answer: string
}

async function read(pieces: Buffer[]): Promise<Line[]> {
  const lines: Line[] = []
  const socket = new PassThrough()
  const closed = new Promise((resolve) => socket.on('close', resolve))
  readLines(socket, (kind, fields, answer) => {
    lines.push({ kind, fields, answer: answer.toString('hex') })
  })
  for (const piece of pieces) socket.write(piece)
  socket.end()
  await closed
  return lines
}
