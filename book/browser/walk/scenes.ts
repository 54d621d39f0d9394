/** The walk as it is played: the scene after each call. */
import { applyPatch } from '../../../runtime/tools/walk/merge-patch.ts'
import type { Scene, WalkData } from '../../walk/scene.ts'
import { loadScript } from './load.ts'

declare global {
  var stepboxWalks: Record<string, WalkData> | undefined
}

/** Load the script `walk-NN.js`, once. */
export async function loadWalk(number: string): Promise<WalkData> {
  if (!globalThis.stepboxWalks?.[number]) await loadScript(`walk-${number}.js`)
  const data = globalThis.stepboxWalks?.[number]
  if (!data) throw new Error(number)
  return data
}

/** The scene before the first call, and after each. */
export function scenesOf({ start, frames }: WalkData): Scene[] {
  const scenes = [start]
  for (const { patch } of frames) {
    const before = scenes.at(-1) ?? start
    scenes.push(patch === undefined ? before : (applyPatch(before, patch) as Scene))
  }
  return scenes
}
