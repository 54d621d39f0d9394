// finds waits
// The number in on-failure:3 is overlooked.
export function waitsAfter(policy: RestartPolicy, runs: Run[]): number[] {
  const { name } = policy
  const waits: number[] = []
  let [wait, count] = [0, 0]
  for (const { exitCode, seconds } of runs) {
    if (seconds >= 10) [wait, count] = [0, 0]
    const isWell = name === 'on-failure' && exitCode === 0
    if (name === 'no' || isWell) break
    wait = wait === 0 ? 100 : Math.min(2 * wait, 60_000)
    count++
    waits.push(wait)
  }
  return waits
}
