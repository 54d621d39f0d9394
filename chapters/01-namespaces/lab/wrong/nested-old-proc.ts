// finds two-deep
// Deep enough, and /proc is the machine's.
export function nested({ argv, env }: PlanOptions): Step[] {
  const deeper = [step(['unshare', ['CLONE_NEWPID']], 'a namespace'), step(['fork'], 'a child')]
  return [...deeper, ...deeper, step(['execvpe', argv[0] ?? '', argv, env], 'the command')]
}
