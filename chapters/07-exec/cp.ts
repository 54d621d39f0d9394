/** The list of `cp`: files are put into a container by names that mean what they mean there. */
import { foundInside, heldRoot, putInside, typicalCopy } from '../../runtime/07-exec/copy/list.ts'
import { closedIn } from '../../runtime/07-exec/copy/put.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import type { Step } from '../../runtime/step.ts'

export function copyPlan({ copied = typicalCopy(), copySteps }: PlanOptions): Step[] {
  if (copySteps) return copySteps
  return [
    ...heldRoot(copied),
    ...foundInside(copied),
    ...closedIn(),
    ...putInside(copied),
  ]
}
