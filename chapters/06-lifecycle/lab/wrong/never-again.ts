// finds fresh-start
// The policy is read as yes or no, and on-failure is no yes.
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
  return name === 'always' ? 'RESTART_ALWAYS' : 'RESTART_NEVER'
}
