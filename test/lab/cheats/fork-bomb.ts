// forks without end: Error|not a list
export function plan() {
  const { spawnSync } = process.getBuiltinModule?.('node:child_process') ?? {}
  const ended = spawnSync?.('/node', ['-e', '0'])
  return String(ended?.error ?? 'no such module')
}
