// finds two-deep
// Two unshares and one fork: the second namespace has no process.
export function nested({ argv, env }: PlanOptions): Step[] {
  return [
    step(['unshare', ['CLONE_NEWPID']], 'outer'),
    step(['fork'], 'a child'),
    step(['unshare', ['CLONE_NEWPID']], 'inner'),
    step(['execvpe', argv[0] ?? '', argv, env], 'the command'),
  ]
}
