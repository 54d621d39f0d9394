/** Tests. Chapters × machines: what came of the kernel tests where they last ran, as two pages. */
import { chapters } from '../chapters/table.ts'
import { topics } from '../runtime/tools/doctor/capabilities.ts'
import type { Kept, MachineWords, Outcome } from './results.ts'
import { leftOutFiles } from './tables.ts'

export interface Count {
  pass: number
  blocked: number
  fail: number
}

/** A column: one machine. chapters/machines.json is a list of them. */
export interface Column extends Pick<
  MachineWords,
  'where' | 'kernel' | 'cgroups' | 'cpus' | 'date'
> {
  /** By chapter number; 0 is what spans chapters. */
  chapters: Record<number, Count>
  blocked: { reason: string; count: number }[]
}

const capabilities = new Set<string>(topics.flatMap(([, names]) => names))
const leftOut = leftOutFiles()
const kinds: Record<Outcome, keyof Count> = {
  pass: 'pass',
  blocked: 'blocked',
  skipped: 'blocked',
  fail: 'fail',
  error: 'fail',
}

/** The kernel tests of a run, counted. Its date is that of the oldest result in it. */
export function columnOf({ machine, results }: Kept): Column {
  const { where, kernel, cgroups, cpus } = machine
  const numbers = [...chapters.map(({ number }) => number), 0]
  const counts = Object.fromEntries(
    numbers.map((number) => [number, { pass: 0, blocked: 0, fail: 0 }]),
  ) as Column['chapters']
  const reasons = new Map<string, number>()
  let date = machine.date
  for (const result of results) {
    const asks = result.needs?.some((need) => capabilities.has(need)) ?? false
    if (!asks || leftOut.includes(result.file)) continue
    const kind = kinds[result.outcome]
    const count = counts[chapterOf(result)]
    if (count) count[kind]++
    if (result.date < date) date = result.date
    const { reason = 'no reason given' } = result
    if (kind === 'blocked') reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  const blocked = [...reasons].map(([reason, count]) => ({ reason, count }))
  blocked.sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason))
  return { where, kernel, cgroups, cpus, date: date.slice(0, 10), chapters: counts, blocked }
}

/** Of a chapter's folder, or of a table in which each chapter has its rows. */
function chapterOf({ file, name }: { file: string; name: string }): number {
  const [, folder] = /^chapters\/(\d\d)-/.exec(file) ?? []
  const [, row] = /^(?:since )?chapter (\d+)\b/.exec(name) ?? []
  return Number(folder ?? row ?? 0)
}

const words = {
  en: {
    title: 'Machines',
    lead: `What came of the kernel tests where they last ran. \`npm test\` runs them on a machine,
\`npm test -- --vm=stable,backports\` on kernels of their own too, \`npm run matrix\` writes this
page.`,
    machine: 'machine',
    host: 'the host',
    vm: '`stepbox vm`',
    kernel: 'kernel',
    rest: 'what spans chapters',
    groups: 'control groups',
    processors: 'processors',
    date: 'date',
    pass: 'pass',
    blocked: 'blocked',
    fail: 'fail',
    why: 'Blocked, and why',
    none: 'nothing',
    comma: ', ',
    text: 'README.md',
  },
  zh: {
    title: '机器',
    lead: `内核测试最近一次在各台机器上运行的结果。\`npm test\` 在本机运行它们，
\`npm test -- --vm=stable,backports\` 还会在自带的内核上各再运行一遍，\`npm run matrix\` 写出本页。`,
    machine: '机器',
    host: '本机',
    vm: '`stepbox vm`',
    kernel: '内核',
    rest: '跨章节的测试',
    groups: '控制组',
    processors: '处理器',
    date: '日期',
    pass: '通过',
    blocked: '受阻',
    fail: '失败',
    why: '受阻的测试及其原因',
    none: '无',
    comma: '，',
    text: 'README.zh.md',
  },
}

/** The page in one language, as it is committed. */
export function pageOf(columns: Column[], language: 'en' | 'zh'): string {
  const said = words[language]
  const row = (head: string, cell: (column: Column) => string): string =>
    `| ${[head, ...columns.map(cell)].join(' | ')} |`
  const counted = (number: number) => (column: Column) => {
    const count = column.chapters[number] ?? { pass: 0, blocked: 0, fail: 0 }
    const parts = (['pass', 'blocked', 'fail'] as const).map((kind) => ({ kind, n: count[kind] }))
    const shown = parts.filter(({ kind, n }) => n > 0 || kind === 'pass')
    return shown.map(({ kind, n }) => `${n} ${said[kind]}`).join(said.comma)
  }
  const reasons = columns.flatMap(({ where, kernel, cgroups, blocked }) => {
    const lines = blocked.map(({ reason, count }) => `- ${count} × ${reason}`)
    return [
      `**${said[where]}, ${kernel}, ${cgroups}**`,
      '',
      ...(lines.length > 0 ? lines : [`- ${said.none}`]),
      '',
    ]
  })
  const rows = chapters.map(({ number, slug }) => {
    const folder = `${String(number).padStart(2, '0')}-${slug}`
    return row(`${number} [${slug}](${folder}/${said.text})`, counted(number))
  })
  const hasRest = columns.some(
    ({ chapters: { 0: count } }) => count && Math.max(...Object.values(count)) > 0,
  )
  return `${[
    `# ${said.title}`,
    '',
    said.lead,
    '',
    row(said.machine, ({ where }) => said[where]),
    `|${'---|'.repeat(columns.length + 1)}`,
    row(said.kernel, ({ kernel }) => kernel),
    row(said.groups, ({ cgroups }) => cgroups),
    row(said.processors, ({ cpus }) => String(cpus)),
    row(said.date, ({ date }) => date),
    ...rows,
    ...(hasRest ? [row(said.rest, counted(0))] : []),
    '',
    `## ${said.why}`,
    '',
    ...reasons,
  ]
    .join('\n')
    .trimEnd()}\n`
}
