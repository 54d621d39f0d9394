// finds processor-limited
// A processor's worth is one period, of 100000 microseconds, and not two.
export function quota({ cpus }: Limits, version: 1 | 2): LimitLine[] {
  if (cpus === undefined) return []
  const text = String(Math.round(cpus * 200_000))
  return version === 1
    ? [['cpu.cfs_quota_us', text, 'twice']]
    : [['cpu.max', `${text} 100000`, 'twice']]
}
