// finds processes-limited
// One more, for the shell itself, which counts like all others.
export function processes({ pidsMax }: Limits): LimitLine[] {
  return pidsMax === undefined ? [] : [['pids.max', String(pidsMax + 1), 'one more']]
}
