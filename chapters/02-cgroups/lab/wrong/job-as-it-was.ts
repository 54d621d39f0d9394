// finds job-limited
// The broken list as it is.
export function job(options: PlanOptions): Step[] {
  return broken(options)
}
