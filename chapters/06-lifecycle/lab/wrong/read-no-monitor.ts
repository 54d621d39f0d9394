// finds journal-read
// The journal is believed, whoever is there to write it.
export function saidIn(journal: string, isWatched: boolean): Said {
  const lines = journal.split('\n').slice(0, -1)
  let said: Said = { status: 'created', restarts: 0, exitCode: null }
  let starts = 0
  for (const line of lines) {
    const [kind, , number] = line.split(' ')
    if (kind === 'start') said = { status: 'running', restarts: starts++, exitCode: null }
    if (kind === 'exit') said = { ...said, status: 'restarting', exitCode: codeOf(Number(number)) }
    if (kind === 'over') said = { ...said, status: 'exited' }
  }
  return said
}
