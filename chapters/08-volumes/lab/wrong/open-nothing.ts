// finds same
// No tree is opened.
export function openTrees({ volumes }: Pick<PlanOptions, 'volumes'>): Step[] {
  return []
}
