/** Tests. A mistake in a learner's list is told as one, not as a fault of the machine. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Chapter } from '../runtime/chapter.ts'
import { render } from '../runtime/cli/doctor.ts'
import { toolStep } from '../runtime/step.ts'
import { demandsOf, diagnose } from '../runtime/tools/doctor/diagnosis.ts'
import { probe } from '../runtime/tools/doctor/probe.ts'
import { rootWithBusybox } from './busybox.ts'
import { rowsTo } from './rows.ts'
import { needs } from './scratch.ts'

const chapters = await demandsOf(await rowsTo())

describe('a mistake in a list', () => {
  const rowsWith = async (plan: Chapter['plan']) => {
    const rows = await rowsTo()
    return rows.map((row) => (row.slug === 'overlay' ? { ...row, plan } : row))
  }
  const mistakes: [title: string, plan: Chapter['plan'], stops: string][] = [
    ['a call with a typo', () => [toolStep(['mount', 'overlay', '/x', 'overly', [], null], '')],
      'mount("overlay", "/x", "overly", 0, NULL) = '],
    ['a planner that throws', () => { throw new Error('lowers is not defined') },
      'lowers is not defined'],
  ]
  test.for(mistakes)('%s is the list, not the machine', async ([, plan, stops], context) => {
    needs(context, 'root', 'overlay')
    const found = diagnose(await probe(await rootWithBusybox(), await rowsWith(plan)), chapters)
    expect(found.capabilities.find(({ name }) => name === 'overlay')?.state).toBe('yes')
    const chapter = found.chapters.find(({ slug }) => slug === 'overlay')
    expect(chapter).toMatchObject({ state: 'none', stops: expect.stringContaining(stops) })
    expect(render(found)).toContain('stops, although this machine can do what it needs')
  })

  test.for(['tries', 'group-tries', 'attempt'])('%s.ts uses no planner', (name) => {
    const file = join(import.meta.dirname, '../runtime/tools/doctor', `${name}.ts`)
    const imports = readFileSync(file, 'utf8').match(/^import .*|^} from .*/gm) ?? []
    const values = imports.filter((line) => !line.startsWith('import type'))
    expect(values.filter((line) => /\/\d\d-/.test(line))).toEqual([])
  })
})
