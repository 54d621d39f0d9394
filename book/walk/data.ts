/** The walks that the pages play: recordings as the player needs them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { patchBetween } from '../../runtime/tools/walk/merge-patch.ts'
import { parseRecording, type Recording } from '../../runtime/tools/walk/recording.ts'
import { saidChange } from '../../runtime/tools/walk/said-change.ts'
import { whyUnseen } from '../../runtime/tools/walk/unseen.ts'
import { root } from '../links.ts'
import { inChinese } from '../reasons.ts'
import { shown } from './record.ts'
import { codeOf, htmlLines } from './code.ts'
import { sceneOf, shortIds } from './observed.ts'
import type { WalkChange, WalkCode, WalkData, WalkFrame, WalkLine } from './scene.ts'

/** The folders of the chapters that have a walk. */
export function walked(): string[] {
  const slugs = readdirSync(join(root, 'chapters')).sort()
  return slugs.filter((slug) => existsSync(join(root, 'chapters', slug, 'walk.json')))
}

/** The walk of a chapter. `hrefOf` gives the page of a file of the checkout. */
export function walkOf(slug: string, hrefOf: (path: string, symbol: string) => string): WalkData {
  const text = readFileSync(join(root, 'chapters', slug, 'walk.json'), 'utf8')
  const { chapter, kernel, command, start, plan, frames } = shortIds(parseRecording(text))
  return {
    chapter: chapter.number,
    slug: chapter.slug,
    command: `stepbox ${shown(slug) ?? ['run', ...command].join(' ')}`,
    kernel,
    ...linesOf(plan, hrefOf),
    start: sceneOf(start),
    frames: framesOf({ start, frames, plan }),
  }
}

type Planned = Pick<WalkLine, 'step' | 'chapter' | 'name' | 'strace' | 'why'>

/** The lines of a list with their reasons in Chinese, and the code that each comes from. */
export function linesOf(
  plan: Planned[],
  hrefOf: (path: string, symbol: string) => string,
): Pick<WalkData, 'plan' | 'code'> {
  const code: WalkCode[] = []
  const lines = plan.map(({ step, chapter, name, strace, why }): WalkLine => {
    const line = { step, chapter, name, strace, why, chinese: inChinese(why) }
    const found = codeOf(why)
    if (!found) return line
    const { path, symbol, code: text } = found.declared
    const isIt = (each: WalkCode) => each.path === path && each.symbol === symbol
    if (!code.some(isIt))
      code.push({ path, symbol, href: hrefOf(path, symbol), lines: htmlLines(text) })
    return { ...line, code: code.findIndex(isIt), at: found.at }
  })
  return { plan: lines, code }
}

/** The walk as a classic script: it works from `file://`, where nothing can be fetched. */
export function walkScript(data: WalkData): string {
  const name = String(data.chapter).padStart(2, '0')
  return `(globalThis.stepboxWalks??={})["${name}"]=${JSON.stringify(data)}\n`
}

function framesOf({ start, frames, plan }: Pick<Recording, 'start' | 'frames' | 'plan'>) {
  let before = sceneOf(start)
  return frames.map((frame): WalkFrame => {
    const { index, result, errno, state, changes } = frame
    const after = state ? sceneOf(state) : before
    const patch = patchBetween(before, after)
    before = after
    return {
      index,
      changes: changes.map(inBoth),
      ...(result === undefined ? {} : { result }),
      ...(errno === undefined ? {} : { errno }),
      ...(patch === undefined ? {} : { patch }),
      ...(changes.length > 0 ? {} : unseenIn(whyUnseen(plan[index], frame))),
    }
  })
}

/** A change with its Chinese, if it has words. */
export function inBoth(change: WalkChange): WalkChange {
  const { topic, text } = saidChange(change, inChinese)
  return topic === change.topic && text === change.text
    ? change
    : { ...change, chinese: { topic, text } }
}

function unseenIn(unseen: string): Pick<WalkFrame, 'unseen' | 'chinese'> {
  return { unseen, chinese: inChinese(unseen) }
}
