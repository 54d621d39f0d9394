// finds mounts-follow
// The broken list as it is.
export function following(options: PlanOptions): Step[] {
  return broken(options)
}
