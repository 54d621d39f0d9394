// finds job-limited
// The chapter's own list: limited, and no job on the machine's files.
export function job(options: PlanOptions): Step[] {
  return plan(options)
}
