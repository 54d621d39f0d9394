// The mounts are private and then slaves of nothing? No: they are slaves at once, /proc comes last.
export function following({ argv, env }: PlanOptions): Step[] {
  return [
    step(['unshare', ['CLONE_NEWNS', 'CLONE_NEWPID']], 'both at once'),
    step(['mount', null, '/', null, ['MS_REC', 'MS_SLAVE'], null], 'only receive'),
    step(['fork'], 'the child is process 1'),
    step(['mount', 'proc', '/proc', 'proc', ['MS_NOSUID'], null], 'own /proc'),
    step(['execvpe', argv[0] ?? '', argv, env], 'the command'),
  ]
}
export function peers(mine: string, theirs: string): string[] {
  const group = (line: string) => / shared:\d+ /.exec(line.split(' - ')[0] + ' ')?.[0]
  const known = theirs.split('\n').map(group)
  return mine
    .split('\n')
    .filter((line) => group(line) !== undefined && known.includes(group(line)))
    .map((line) => line.split(' ')[4] ?? '')
}
