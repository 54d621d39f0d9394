/** Tests. The page of chapters and machines: what is counted, and that what is committed is it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { columnOf, pageOf, type Column } from './machines.ts'
import type { Outcome } from './results.ts'

const read = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../chapters', name), 'utf8')

test('the pages are what the table makes, and have every chapter for every machine', () => {
  const columns = JSON.parse(read('machines.json')) as Column[]
  expect(columns.length).toBeGreaterThan(0)
  expect(read('machines.md')).toBe(pageOf(columns, 'en'))
  expect(read('machines.zh.md')).toBe(pageOf(columns, 'zh'))
  for (const column of columns)
    for (const { number } of chapters) expect(column.chapters[number]?.pass).toBeGreaterThan(0)
})

test('a kernel test counts for its chapter, wherever it is written', () => {
  const { number = 0 } = chapters.find(({ slug }) => slug === 'cgroups') ?? {}
  const date = '2026-01-02T03:04:05Z'
  const result = (file: string, name: string, outcome: Outcome) => ({
    file,
    name,
    outcome,
    needs: ['root'],
    date,
    ...(outcome === 'blocked' ? { reason: 'no moon' } : {}),
  })
  const machine = { where: 'vm', kernel: '6.1', cgroups: 'v2', cpus: 2, node: '20', date } as const
  const column = columnOf({
    machine,
    results: [
      { ...result('chapters/02-cgroups/limits.test.ts', 'a plan', 'pass'), needs: [] },
      result('chapters/02-cgroups/group.test.ts', 'a group', 'pass'),
      result('test/promises.test.ts', `since chapter ${number}: it ends`, 'fail'),
      result('test/every-line.test.ts', `chapter ${number} > without a line`, 'blocked'),
      result('test/spanning.test.ts', `of stepbox while chapter ${number} runs`, 'error'),
      result('test/cli.test.ts', 'left out elsewhere', 'fail'),
      { ...result('test/spanning.test.ts', 'older', 'pass'), date: '2025-12-31T00:00:00Z' },
    ],
  })
  expect(column).toMatchObject({ kernel: '6.1', cgroups: 'v2', date: '2025-12-31' })
  expect(column.chapters[number]).toEqual({ pass: 1, blocked: 1, fail: 1 })
  expect(column.chapters[0]).toEqual({ pass: 1, blocked: 0, fail: 1 })
  expect(column.blocked).toEqual([{ reason: 'no moon', count: 1 }])
  expect(pageOf([column], 'en')).toContain('| 1 pass, 1 blocked, 1 fail |')
})
