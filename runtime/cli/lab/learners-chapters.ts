/** `--lab DIR`: the chapters with the lists that are written in a workspace. */
import type { ChapterEntry } from '../../chapter.ts'
import { UsageError } from '../../command-line.ts'
import { withLearnersLists } from '../../lab/learners-list.ts'
import { findWorkspace } from '../../lab/workspace.ts'

/** And the number of the workspace's chapter. `rootOf` gives the data root, once it is known. */
export function learnersChapters(
  dir: string,
  chapters: ChapterEntry[],
  rootOf: () => string,
): { number: number; chapters: ChapterEntry[] } {
  const workspace = findWorkspace(dir)
  if (!workspace)
    throw new UsageError(`no workspace in '${dir}'; to make one: stepbox lab start 1`)
  const { chapter: number } = workspace.state
  return { number, chapters: withLearnersLists(workspace, chapters, rootOf) }
}
