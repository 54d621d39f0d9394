/**
 * What keeps root from removing a name, and is taken away: a file that is immutable or append-only
 * (chattr(1)), a mount.
 */
import type { Call } from './calls.ts'
import { launch, type Launch } from './native.ts'
import type { Report } from './reports.ts'
import { toolStep } from './step.ts'

export interface Obstacles {
  /** Clear the flags of a file or directory. False if that fails. */
  clearFlags(path: string): Promise<boolean>
  /** Detach what is mounted there. False if that fails. */
  detach(path: string): Promise<boolean>
  /** Resolves when the program that does it has ended. */
  end(): Promise<void>
}

/** After so many failures the reason is not the file: the process or the file system cannot. */
const mostFailures = 3

/**
 * Node has no ioctl(2) and no umount2(2). The native program is started when it is first needed and
 * makes one call after another: a container may have made 10,000 files immutable.
 */
export function obstacles(): Obstacles {
  let program: { launched: Launch; reports: AsyncIterator<Report> } | undefined
  let failures = 0
  const end = async () => {
    program?.launched.abandon()
    await program?.launched.outcome
    program = undefined
  }
  const make = async (call: Call) => {
    if (failures === mostFailures) return false
    program ??= begin()
    program.launched.send([toolStep(call, 'it keeps a file from being deleted')], 'trace')
    const { value } = (await program.reports.next()) as IteratorResult<Report, undefined>
    if (value && !value.failed) return true
    failures++
    await end()
    return false
  }
  return {
    clearFlags: (path) => make(['ioctl_clearflags', path, ['FS_IMMUTABLE_FL', 'FS_APPEND_FL']]),
    detach: (path) => make(['umount2', path, ['MNT_DETACH']]),
    end,
  }
}

function begin() {
  const launched = launch([], { stdio: ['ignore', 'ignore', 'inherit'] })
  return { launched, reports: launched.reports[Symbol.asyncIterator]() }
}
