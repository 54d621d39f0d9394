/** Leftovers around volumes: copies that were not finished, and directories that are no volumes. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Leftover, ResetScope } from '../chapter-tools.ts'
import { namesIn } from '../files.ts'
import { withVolumes } from './change-volumes.ts'
import { finishFilling } from './copy-up.ts'
import { readVolume } from './volumes.ts'

/** What is in a directory that is no volume is not ours to judge: it is only reported. */
export function volumeLeftovers({ root }: Pick<ResetScope, 'root'>): Leftover[] {
  return namesIn(join(root, 'volumes')).flatMap((name): Leftover[] => {
    const what = join(root, 'volumes', name)
    if (!readVolume(root, name) || !existsSync(join(what, '_data')))
      return [{ kind: 'directory', what, why: 'it is no volume, and nothing uses it' }]
    if (!existsSync(join(what, 'filling'))) return []
    const why = 'the process that was filling it was killed'
    const remove = () => withVolumes(root, () => finishFilling(root, name))
    return [{ kind: 'volume', what: name, why, remove }]
  })
}
