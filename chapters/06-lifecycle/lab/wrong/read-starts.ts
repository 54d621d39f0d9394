// finds journal-read
// Each start is counted as a restart.
export function saidIn(journal: string, isWatched: boolean): Said {
  const lines = journal.split('\n').slice(0, -1)
  let said: Said = { status: 'created', restarts: 0, exitCode: null }
  let starts = 1
  for (const line of lines) {
    const [kind, , number] = line.split(' ')
    if (kind === 'start') said = { status: 'running', restarts: starts++, exitCode: null }
    if (kind === 'exit') said = { ...said, status: 'restarting', exitCode: codeOf(Number(number)) }
    if (kind === 'over') said = { ...said, status: 'exited' }
  }
  if (isWatched || said.status === 'created') return said
  return { ...said, status: 'exited', exitCode: said.exitCode ?? 137 }
}
