/** Tests. Workspaces: made once in a file of tests, copied for each test. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { ChapterLab } from '../../runtime/chapter-lab.ts'
import { rowOf } from '../rows.ts'
import { scratch } from '../scratch.ts'
import { stepbox, type Ended, type Setting } from '../stepbox.ts'

const made = new Map<number, Promise<string>>()
let parent: string | undefined

/** A fresh workspace for chapter `number`, as `lab start` makes it. */
export async function workspaceFor(number: number): Promise<string> {
  const found = made.get(number) ?? make(number)
  made.set(number, found)
  const dir = join(scratch(), 'lab')
  cpSync(await found, dir, { recursive: true, verbatimSymlinks: true })
  return dir
}

async function make(number: number): Promise<string> {
  parent ??= mkdtempSync(join(tmpdir(), 'stepbox-labs-'))
  const dir = join(parent, `${number}`)
  const root = join(parent, 'root')
  const { code, err } = await stepbox(['lab', 'start', `${number}`, dir], { root })
  if (code !== 0) throw new Error(err)
  return dir
}

afterAll(() => {
  if (parent !== undefined) rmSync(parent, { recursive: true, force: true })
})

/** `stepbox lab …` in the workspace `dir`. */
export function labIn(dir: string, args: string[], setting: Setting): Promise<Ended> {
  return stepbox(['--lab', dir, 'lab', ...args], setting)
}

/** The lab of a chapter, as its row has it. */
export async function labOf(number: number): Promise<ChapterLab> {
  const lab = await (await rowOf(number)).lab?.()
  if (!lab) throw new Error(`chapter ${number} has no lab`)
  return lab
}
