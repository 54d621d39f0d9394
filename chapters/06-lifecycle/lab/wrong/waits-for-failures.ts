// finds waits
// No policy starts again what has ended well.
export function waitsAfter(policy: RestartPolicy, runs: Run[]): number[] {
  const { name, most = Infinity } = policy
  const waits: number[] = []
  let [wait, count] = [0, 0]
  for (const { exitCode, seconds } of runs) {
    if (seconds >= 10) [wait, count] = [0, 0]
    const isWell = exitCode === 0
    if (name === 'no' || isWell || count === most) break
    wait = wait === 0 ? 100 : Math.min(2 * wait, 60_000)
    count++
    waits.push(wait)
  }
  return waits
}
