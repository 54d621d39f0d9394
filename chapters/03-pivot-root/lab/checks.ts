/** What must be true of a container from chapter 3 on, and of the answers to its exercises. */
import type { Check } from '../../../runtime/chapter-lab.ts'
import { exerciseChecks } from './exercise-checks.ts'
import { kernelChecks } from './kernel-checks.ts'
import { rootChecks } from './root-checks.ts'

export const checks: Check[] = [...rootChecks, ...kernelChecks, ...exerciseChecks]
