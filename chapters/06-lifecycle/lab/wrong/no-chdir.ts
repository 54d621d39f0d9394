// finds lets-go
// The monitor stays where it was started.
export function monitor(told: Monitor | undefined): Step[] {
  if (!told) return []
  const { directory, mark, lock, restart, groups, settler } = told
  const numbers = [restart.most ?? 0, ...delays]
  return [
    step(['setsid'], 'its own session'),
    step(
      ['supervise', directory, mark, lock, flagOf(restart), numbers, groups, settler],
      'the monitor stays',
    ),
  ]
}
