// finds limit-stays
// There is no group at all, and so nothing to lift.
export function unliftable(options: PlanOptions): Step[] {
  return plan(options).filter(({ call }) => call[0] !== 'mkdir' && !`${call[1]}`.includes('stepbox-'))
}
