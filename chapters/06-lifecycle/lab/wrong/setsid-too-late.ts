// finds lets-go
// First the monitor, then its session: but the list goes on in the child.
export function monitor(told: Monitor | undefined): Step[] {
  if (!told) return []
  const { directory, mark, lock, restart, groups, settler, isAttended } = told
  const attended = Number(isAttended)
  const numbers = [restart.most ?? 0, ...delays]
  return [
    step(
      ['supervise', directory, mark, lock, flagOf(restart), numbers, groups, settler, attended],
      'the monitor stays',
    ),
    step(['setsid'], 'its own session'),
    step(['chdir', '/'], 'no directory in use'),
  ]
}
