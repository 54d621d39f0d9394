// finds lets-go
// The monitor stays where it was started.
export function monitor(told: Monitor | undefined): Step[] {
  if (!told) return []
  const { directory, mark, lock, restart, groups, settler, isAttended } = told
  const attended = Number(isAttended)
  const numbers = [restart.most ?? 0, ...delays]
  return [
    step(['setsid'], 'its own session'),
    step(
      ['supervise', directory, mark, lock, flagOf(restart), numbers, groups, settler, attended],
      'the monitor stays',
    ),
  ]
}
