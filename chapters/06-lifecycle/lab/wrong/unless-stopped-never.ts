// finds policy
// One of the four names is forgotten.
export function monitor(told: Monitor | undefined): Step[] {
  if (!told) return []
  const { directory, mark, lock, restart, groups, settler, isAttended } = told
  const attended = Number(isAttended)
  const numbers = [restart.most ?? 0, ...delays]
  return [
    step(['setsid'], 'its own session'),
    step(['chdir', '/'], 'no directory in use'),
    step(
      ['supervise', directory, mark, lock, flagOf(restart), numbers, groups, settler, attended],
      'the monitor stays',
    ),
  ]
}

function flagOf({ name }: RestartPolicy): RestartFlag {
  if (name === 'always') return 'RESTART_ALWAYS'
  return name === 'on-failure' ? 'RESTART_ON_FAILURE' : 'RESTART_NEVER'
}
