// finds limit-stays
// The chapter's own list.
export function unliftable(options: PlanOptions): Step[] {
  return plan(options)
}
