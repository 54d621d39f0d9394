// finds fresh-start
// What a start leaves behind is left to the next one.
export function monitor(told: Monitor | undefined): Step[] {
  if (!told) return []
  const { directory, mark, lock, restart, settler, isAttended } = told
  const attended = Number(isAttended)
  const numbers = [restart.most ?? 0, ...delays]
  return [
    step(['setsid'], 'its own session'),
    step(['chdir', '/'], 'no directory in use'),
    step(
      ['supervise', directory, mark, lock, flagOf(restart), numbers, [], settler, attended],
      'the monitor stays',
    ),
  ]
}
