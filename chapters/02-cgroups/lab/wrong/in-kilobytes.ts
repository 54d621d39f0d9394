// finds memory-limited
// Divided once too often: the kernel takes bytes.
export function memory({ memoryBytes = 0 }: Limits, version: 1 | 2): LimitLine[] {
  const file = version === 1 ? 'memory.limit_in_bytes' : 'memory.max'
  return memoryBytes > 0 ? [[file, String(memoryBytes / 2), 'half']] : []
}
