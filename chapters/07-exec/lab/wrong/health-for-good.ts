// finds health
// It stays unhealthy.
export function healthAfter(
  { retries, startPeriod }: { retries: number; startPeriod: number },
  checks: Checked[],
): 'starting' | 'healthy' | 'unhealthy' {
  let health: ReturnType<typeof healthAfter> = 'starting'
  let failures = 0
  for (const { exitCode, seconds } of checks) {
    if (exitCode === 0) [health, failures] = [health === 'unhealthy' ? health : 'healthy', 0]
    else if (health !== 'starting' || seconds >= startPeriod) failures++
    if (failures >= retries) health = 'unhealthy'
  }
  return health
}
