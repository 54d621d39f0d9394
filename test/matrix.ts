/**
 * Tests. `npm run matrix`: the runs recorded in dist/runs become columns of chapters/machines.json,
 * where those of other machines stay, and the two pages that show it.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { columnOf, pageOf, type Column } from './machines.ts'
import type { Kept } from './results.ts'

const root = join(import.meta.dirname, '..')
const runs = join(root, 'dist/runs')
const table = join(root, 'chapters/machines.json')

const names = existsSync(runs) ? readdirSync(runs).filter((name) => name.endsWith('.json')) : []
const fresh = names.sort().map((name) => columnOf(read(join(runs, name)) as Kept))
const key = ({ where, kernel, cgroups }: Column): string => `${where} ${kernel} ${cgroups}`
const known = existsSync(table) ? (read(table) as Column[]) : []
const others = known.filter((column) => !fresh.some((each) => key(each) === key(column)))
const columns = [...others, ...fresh].sort((a, b) =>
  key(a).localeCompare(key(b), 'en', { numeric: true }),
)
writeFileSync(table, `${JSON.stringify(columns, undefined, 2)}\n`)
writeFileSync(join(root, 'chapters/machines.md'), pageOf(columns, 'en'))
writeFileSync(join(root, 'chapters/machines.zh.md'), pageOf(columns, 'zh'))
for (const { where, kernel, cgroups, date } of columns)
  console.log(`${where}, ${kernel}, ${cgroups}: ${date}`)

function read(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
