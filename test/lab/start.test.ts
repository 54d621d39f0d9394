/** Tests. `lab start`: what a new workspace says, and what it takes along. */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { rowOf } from '../rows.ts'
import { scratch } from '../scratch.ts'
import { stepbox } from '../stepbox.ts'
import { labOf, workspaceFor } from './workspaces.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const { number: chapter } = await rowOf('pivot-root')
const file = 'runtime/03-pivot-root/root.ts'

describe('lab start', () => {
  test('says where to write and what to type, and refuses a directory that exists', async () => {
    const [place, root] = [scratch(), scratch()]
    const dir = join(place, 'mine')
    const { code, out } = await stepbox(['lab', 'start', `${chapter}`, dir], { root })
    expect([code, out]).toEqual([0, expect.stringContaining(file)])
    expect(out).toMatch(/stepbox(\.cjs)? lab test/)
    const readme = readFileSync(join(dir, 'README.md'), 'utf8')
    const { exercises } = await labOf(chapter)
    for (const { title } of exercises) expect(readme).toContain(title.english)
    const again = await stepbox(['lab', 'start', `${chapter}`, dir], { root })
    expect([again.code, again.err]).toEqual([2, expect.stringContaining(`lab --lab ${dir}`)])
  })

  test('in a workspace makes the next one beside it, not inside', async () => {
    const [dir, root] = [await workspaceFor(chapter), scratch()]
    const cwd = join(dir, 'runtime')
    const { code, out } = await stepbox(['lab', 'start', `${chapter}`], { root, cwd })
    expect([code, out]).toEqual([0, expect.stringContaining(`in ${dirname(dir)}/lab-`)])
    const again = await stepbox(['lab', 'start', `${chapter}`], { root, cwd })
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('is a workspace already')])
  })

  test('writes the README in the language of the learner', async () => {
    const dir = join(scratch(), 'zh')
    await stepbox(['--lang', 'zh', 'lab', 'start', `${chapter}`, dir], { root: scratch() })
    expect(readFileSync(join(dir, 'README.md'), 'utf8')).toContain(`第 ${chapter} 章`)
  })

  test("goes on with the learner's own answers to earlier chapters", async () => {
    const [from, place, root] = [await workspaceFor(chapter), scratch(), scratch()]
    const earlier = 'runtime/01-namespaces/namespaces.ts'
    const own = `${readFileSync(join(from, earlier), 'utf8')}\n// mine\n`
    writeFileSync(join(from, earlier), own)
    const dir = join(place, 'next')
    const args = ['lab', 'start', `${chapter}`, dir, '--from', from]
    const { code, out } = await stepbox(args, { root })
    expect(code).toBe(0)
    expect(readFileSync(join(dir, earlier), 'utf8')).toBe(own)
    expect(out).toContain(`lab test ${chapter - 1}`)
  })
})
