/** The answers to the smaller exercises of chapter 7. */

/** What the kernel has on record about a process. */
export interface OnRecord {
  /** Links of /proc/PID/ns, by name: `mnt` leads to `mnt:[4026531841]`. */
  namespaces: Record<string, string>
  /** The text of /proc/PID/cgroup: a line for each tree, in any order. */
  cgroup: string
  /** The text of /proc/PID/limits. */
  limits: string
}

/**
 * Read. Somebody was let into a container: what is not as it is of process 1? The names of the
 * namespaces that are others, in alphabetical order; then `group` if a line of the control groups
 * is another, and `limits` if a limit is. `pid_for_children` is about children, and does not count;
 * nor does the order of the lines of `cgroup`.
 */
export function forgotten(first: OnRecord, newcomer: OnRecord): string[] {
  const names = Object.keys(first.namespaces).filter((name) => !name.endsWith('_for_children'))
  const others = names.filter((name) => first.namespaces[name] !== newcomer.namespaces[name])
  const isOther = linesOf(first.cgroup) !== linesOf(newcomer.cgroup)
  const group = isOther ? ['group'] : []
  return [...others.sort(), ...group, ...(first.limits === newcomer.limits ? [] : ['limits'])]
}

function linesOf(text: string): string {
  return text.trim().split('\n').sort().join('\n')
}

/** A check of a container's health, and when it ended, in seconds since the start. */
export interface Checked {
  exitCode: number
  seconds: number
}

/**
 * Predict. What is said of a container's health after these checks, the first one first? It is
 * `starting` until a check succeeds, and `healthy` from then on, until `retries` checks have failed
 * in a row: then it is `unhealthy`, until one succeeds. As long as none has succeeded, failures in
 * the first `startPeriod` seconds are not counted.
 */
export function healthAfter(
  { retries, startPeriod }: { retries: number; startPeriod: number },
  checks: Checked[],
): 'starting' | 'healthy' | 'unhealthy' {
  let health: ReturnType<typeof healthAfter> = 'starting'
  let failures = 0
  for (const { exitCode, seconds } of checks) {
    if (exitCode === 0) [health, failures] = ['healthy', 0]
    else if (health !== 'starting' || seconds >= startPeriod) failures++
    if (failures >= retries) health = 'unhealthy'
  }
  return health
}
