// finds two-deep
// Deep enough, and its /proc is mounted on the machine's.
export function nested({ argv, env }: PlanOptions): Step[] {
  const deeper = [step(['unshare', ['CLONE_NEWPID']], 'a namespace'), step(['fork'], 'a child')]
  return [
    ...deeper,
    ...deeper,
    step(['mount', 'proc', '/proc', 'proc', [], null], 'own /proc'),
    step(['execvpe', argv[0] ?? '', argv, env], 'the command'),
  ]
}
