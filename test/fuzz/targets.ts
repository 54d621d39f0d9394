/** Tests. All targets. */
import { gzip } from './gzip.ts'
import { image } from './image.ts'
import { log } from './log.ts'
import { mountinfo } from './mountinfo.ts'
import { pax } from './pax.ts'
import { plan } from './plan.ts'
import { recording } from './recording.ts'
import { reports } from './reports.ts'
import { tar } from './tar.ts'
import type { Target } from './target.ts'

const ofFiles: Target[] = [tar, pax, gzip, image, log, recording]
export const targets: Target[] = [...ofFiles, mountinfo, plan, reports]
