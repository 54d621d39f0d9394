// Other statements for the same: tables, a regular expression, and a chain of array methods.
export function monitor(told: Monitor | undefined): Step[] {
  const flags: Record<RestartPolicy['name'], RestartFlag> = {
    'no': 'RESTART_NEVER',
    'on-failure': 'RESTART_ON_FAILURE',
    'always': 'RESTART_ALWAYS',
    'unless-stopped': 'RESTART_ALWAYS',
  }
  if (told === undefined) return []
  const { name, most = 0 } = told.restart
  const files = [told.directory, told.mark, told.lock] as const
  const numbers = [most].concat(delays)
  const rest = [told.groups, told.settler, Number(told.isAttended)] as const
  return [
    step(['chdir', '/'], 'first the directory'),
    step(['setsid'], 'then the session'),
    step(['supervise', ...files, flags[name], numbers, ...rest], 'it stays'),
  ]
}

export function openLog(log?: Log): Step[] {
  return log
    ? [step(['open_log', log.path, log.maxBytes, log.files, log.attributes ?? ''], 'a log')]
    : []
}

export function withInit(steps: Step[], hasInit?: boolean): Step[] {
  const copy = [...steps]
  if (hasInit) copy.splice(-1, 0, step(['init'], 'process 1'))
  return copy
}

export function saidIn(journal: string, isWatched: boolean): Said {
  const found = [...journal.matchAll(/^(start|exit|over) \S+ (\d+).*\n/gm)]
  const starts = found.filter(([, kind]) => kind === 'start').length
  if (starts === 0) return { exitCode: null, restarts: 0, status: 'created' }
  const [, kind, number] = found.findLast(([, each]) => each !== 'over') ?? []
  const status = Number(number)
  const signal = status % 128
  const ended = kind === 'exit' ? (signal > 0 ? 128 + signal : status / 256) : null
  const isOver = found.at(-1)?.[1] === 'over'
  const restarts = starts - 1
  if (isOver || !isWatched) return { exitCode: ended ?? 137, restarts, status: 'exited' }
  return { exitCode: ended, restarts, status: ended === null ? 'running' : 'restarting' }
}

export function waitsAfter({ name, most }: RestartPolicy, runs: Run[]): number[] {
  const isMore = ({ exitCode }: Run) => {
    if (name === 'on-failure') return exitCode !== 0
    return name !== 'no'
  }
  const found: number[] = []
  let since = 0
  for (const run of runs) {
    if (run.seconds >= 10) since = 0
    if (!isMore(run) || (most !== undefined && since >= most)) return found
    found.push(Math.min(100 * 2 ** since++, 60_000))
  }
  return found
}
