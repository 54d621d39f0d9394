// Process 1 is made before the command's user and umask; a session twice; an answer by recursion.
export function monitor(told: Monitor | undefined): Step[] {
  if (!told) return []
  const { directory, mark, lock, restart, groups, settler, isAttended } = told
  const attended = Number(isAttended)
  const isAlways = ['always', 'unless-stopped'].includes(restart.name)
  const isNever = restart.name === 'no'
  const flag: RestartFlag = isAlways
    ? 'RESTART_ALWAYS'
    : isNever
      ? 'RESTART_NEVER'
      : 'RESTART_ON_FAILURE'
  const numbers = [restart.most ?? 0, 100, 60_000, 10_000]
  return [
    step(['setsid'], 'a session'),
    step(['chdir', '/'], 'a directory'),
    step(['umask', 0o022], 'what it makes is not for everyone to write'),
    step(['supervise', directory, mark, lock, flag, numbers, groups, settler, attended], 'stays'),
  ]
}

export function withInit(steps: Step[], hasInit = false): Step[] {
  return hasInit ? [step(['init'], 'process 1'), ...steps] : steps
}

export function saidIn(journal: string, isWatched: boolean): Said {
  const said: Said = { status: 'created', restarts: -1, exitCode: null }
  for (let rest = journal; rest.includes('\n'); rest = rest.slice(rest.indexOf('\n') + 1)) {
    const [kind, , value] = rest.slice(0, rest.indexOf('\n')).split(' ')
    switch (kind) {
      case 'start':
        said.status = 'running'
        said.restarts += 1
        said.exitCode = null
        break
      case 'exit':
        said.status = 'restarting'
        said.exitCode = Number(value) & 127 ? 128 + (Number(value) & 127) : Number(value) / 256
        break
      case 'over':
        said.status = 'exited'
    }
  }
  if (said.status === 'created') return { ...said, restarts: 0 }
  if (isWatched) return said
  return { ...said, status: 'exited', exitCode: said.exitCode ?? 137 }
}

export function waitsAfter(policy: RestartPolicy, runs: Run[], last = 0, count = 0): number[] {
  const [run, ...others] = runs
  if (run === undefined || policy.name === 'no') return []
  if (run.seconds >= 10 && last > 0) return waitsAfter(policy, runs, 0, 0)
  if (policy.name === 'on-failure' && run.exitCode === 0) return []
  if (policy.most !== undefined && policy.most > 0 && count >= policy.most) return []
  const wait = last === 0 ? 100 : last > 30_000 ? 60_000 : 2 * last
  return [wait, ...waitsAfter(policy, others, wait, count + 1)]
}
