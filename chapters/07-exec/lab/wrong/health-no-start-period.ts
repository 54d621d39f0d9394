// finds health
// There is no start period.
export function healthAfter(
  { retries }: { retries: number; startPeriod: number },
  checks: Checked[],
): 'starting' | 'healthy' | 'unhealthy' {
  let health: ReturnType<typeof healthAfter> = 'starting'
  let failures = 0
  for (const { exitCode } of checks) {
    if (exitCode === 0) [health, failures] = ['healthy', 0]
    else if (true) failures++
    if (failures >= retries) health = 'unhealthy'
  }
  return health
}
