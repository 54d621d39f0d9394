// finds waits
// How long a start lasted does not matter.
export function waitsAfter(policy: RestartPolicy, runs: Run[]): number[] {
  const { name, most = Infinity } = policy
  const waits: number[] = []
  let [wait, count] = [0, 0]
  for (const { exitCode } of runs) {
    const isWell = name === 'on-failure' && exitCode === 0
    if (name === 'no' || isWell || count === most) break
    wait = wait === 0 ? 100 : Math.min(2 * wait, 60_000)
    count++
    waits.push(wait)
  }
  return waits
}
