/** What excludes each other of the flags with which a list is carried out. */
import { UsageError, type Input } from '../command-line.ts'

/** Throws UsageError. */
export function checkWatching({ switches, values }: Input): void {
  const other = switches.has('step') ? 'step' : values.has('record') ? 'record' : undefined
  if (switches.has('trace') && other)
    throw new UsageError(`--trace and --${other} both watch every call: choose one of them`)
  if (switches.has('detach') && values.has('attach'))
    throw new UsageError('--attach and --detach contradict each other: choose one of them')
}
