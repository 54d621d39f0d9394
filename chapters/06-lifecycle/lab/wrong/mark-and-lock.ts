// finds lives-on
// Two files with paths, in the wrong order.
export function monitor(told: Monitor | undefined): Step[] {
  if (!told) return []
  const { directory, mark, lock, restart, groups, settler, isAttended } = told
  const attended = Number(isAttended)
  const numbers = [restart.most ?? 0, ...delays]
  return [
    step(['setsid'], 'its own session'),
    step(['chdir', '/'], 'no directory in use'),
    step(
      ['supervise', directory, lock, mark, flagOf(restart), numbers, groups, settler, attended],
      'the monitor stays',
    ),
  ]
}
