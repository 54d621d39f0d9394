/** What must be true of a container from chapter 4 on, and of the answers to its exercises. */
import type { Check } from '../../../runtime/chapter-lab.ts'
import { blackBoxChecks } from './black-box-checks.ts'
import { exerciseChecks } from './exercise-checks.ts'
import { layerChecks } from './layer-checks.ts'

export const checks: Check[] = [...layerChecks, ...blackBoxChecks, ...exerciseChecks]
