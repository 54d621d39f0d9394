/** What a list could have changed on the host, looked at before and after it was carried out. */
import { hostname } from 'node:os'
import { tryRead } from '../files.ts'

/** Gives a function that throws if the host is not as it was: then no verdict can be relied on. */
export function hostCheck(dir: string): () => void {
  const before = facts(dir)
  return () => {
    const after = facts(dir)
    const changed = Object.keys(before).filter((each) => before[each] !== after[each])
    if (changed.length > 0) throw new Error(`a list has changed the host: ${changed.join(', ')}`)
  }
}

function facts(dir: string): Record<string, string> {
  const mounts = (tryRead('/proc/self/mountinfo') ?? '').split('\n')
  return {
    hostname: hostname(),
    'mounts below its directory': mounts.filter((line) => line.includes(` ${dir}`)).join('\n'),
    'kernel.core_pattern': tryRead('/proc/sys/kernel/core_pattern') ?? '',
    'kernel.modprobe': tryRead('/proc/sys/kernel/modprobe') ?? '',
  }
}
