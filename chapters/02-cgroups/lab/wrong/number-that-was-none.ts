// finds processes-limited
// A unit after the number: the kernel does not understand it.
export function processes({ pidsMax }: Limits): LimitLine[] {
  return pidsMax === undefined ? [] : [['pids.max', `${pidsMax} processes`, 'no more']]
}
