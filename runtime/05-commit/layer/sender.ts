/** Sends the calls that unpack a layer to the native program, in batches; hears how they went. */
import type { Batches } from '../../04-overlay/batches.ts'
import { errnoNamed } from '../../kernel-names.ts'
import { StepError } from '../../native.ts'
import type { Report } from '../../reports.ts'
import type { Step } from '../../step.ts'

/** Extended attributes that the file system cannot hold: by name, where the first of them is. */
export type Unheld = Map<string, { path: string; errno: string; count: number }>

/** A call failed for a file of the archive. */
export class FileError extends Error {
  override readonly cause: StepError
  /** The file's name in the archive. */
  readonly path: string
  constructor(path: string, cause: StepError) {
    super(cause.message)
    this.cause = cause
    this.path = path
  }
}

export interface Sender {
  /** The file in the archive that the next calls are for. */
  file: string
  /**
   * Add calls, with `bytes` of data in them. A promise that it gives resolves when there is room.
   */
  add(steps: Step[], bytes?: number): Promise<void> | undefined
  /** Resolves when all calls have been made. */
  all(): Promise<Unheld>
  end(): Promise<void>
}

/**
 * A batch is sent when it has this many steps or bytes. At most this many batches are under way, so
 * that the memory used does not grow with the layer.
 */
const most = { steps: 2048, bytes: 2 ** 20, batches: 4 }

interface Batch {
  steps: Step[]
  /** For each step, the file in the archive. */
  files: string[]
}

/** `program` makes the calls. What fails rejects with a FileError, here or in a later call. */
export function sender(program: Batches): Sender {
  const unheld: Unheld = new Map()
  const underWay: Promise<unknown>[] = []
  let batch: Batch = { steps: [], files: [] }
  let size = 0
  const settle = async (keep: number) => {
    while (underWay.length > keep) await underWay.shift()
  }
  const send = async (sent: Batch) => {
    try {
      for (const report of await program.make(sent.steps)) note(unheld, sent, report)
    } catch (error) {
      if (!(error instanceof StepError) || error.plan !== sent.steps) throw error
      throw new FileError(sent.files[error.report.index] ?? '', error)
    }
  }
  const flush = () => {
    const made = send(batch)
    made.catch(() => {}) // ignoring: `settle` awaits the same promise and throws
    underWay.push(made)
    batch = { steps: [], files: [] }
    size = 0
  }
  const calls: Sender = {
    file: '',
    add: (steps, bytes = 0) => {
      for (const step of steps) {
        batch.steps.push(step)
        batch.files.push(calls.file)
      }
      size += bytes
      if (batch.steps.length < most.steps && size < most.bytes) return undefined
      flush()
      return settle(most.batches)
    },
    all: async () => {
      flush()
      await settle(0)
      return unheld
    },
    end: program.end,
  }
  return calls
}

/**
 * What a file system says of an attribute that it cannot hold: of this kind, on such a file, of
 * this size (setxattr(2)). ext4 says ENOSPC of one that is larger than a block; if it is the disk
 * that is full, the next file fails.
 */
const unholdable = ['ENOTSUP', 'EPERM', 'EACCES', 'E2BIG', 'ENOSPC', 'ERANGE', 'EINVAL']

/** The only answer of these calls is the errno of an attribute. */
function note(unheld: Unheld, { steps, files }: Batch, report: Report): void {
  const errno = errnoNamed(Number(report.answer.toString('latin1'))) ?? ''
  if (!unholdable.includes(errno))
    throw new StepError(steps, { ...report, result: -1, errno, failed: true })
  const name = String(steps[report.index]?.call[2])
  const path = files[report.index] ?? ''
  const known = unheld.get(name)
  if (known) known.count++
  else unheld.set(name, { path, errno, count: 1 })
}
