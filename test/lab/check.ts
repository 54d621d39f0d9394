/**
 * Tests. `npm run check`: the types hold, and the course is proven; with `--update`, the golden
 * failure texts are written anew, to be read before they are committed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { spawnSync } from 'node:child_process'
import { resolve } from '../../runtime/05-commit/store/store.ts'
import { importBusybox } from '../../runtime/05-commit/busybox-image.ts'
import { layerDirs } from '../../runtime/05-commit/layer/dirs.ts'
import { busyboxBinary } from '../../runtime/setup/busybox.ts'
import { answersWith, courseOf, golden, goldenPath, samplesOf, taught } from './proof.ts'
import { verdictsOn } from './proof.ts'

const args = process.argv.slice(2)
process.exitCode = args.includes('--update') ? await update() : check()

function check(): number {
  const root = join(import.meta.dirname, '../..')
  const bins = join(root, 'node_modules')
  for (const argv of [
    ['typescript/bin/tsc', '--noEmit'],
    ['vitest/vitest.mjs', 'run', '-c', 'test/vitest.config.ts', 'test/lab/', ...args],
  ]) {
    const [program = '', ...rest] = argv
    const options = { cwd: root, stdio: 'inherit' } as const
    const { status } = spawnSync(process.execPath, [join(bins, program), ...rest], options)
    if (status !== 0) return status ?? 1
  }
  return 0
}

/** Write what each wrong solution is told. Gives 1 if one of them passes the check it must fail. */
async function update(): Promise<number> {
  const root = mkdtempSync(join(tmpdir(), 'stepbox-check-'))
  let code = 0
  try {
    await importBusybox(root, busyboxBinary())
    const layers = await layerDirs(root, resolve(root, 'busybox'))
    const wanted = args.filter((arg) => /^\d+$/.test(arg)).map(Number)
    const isWanted = ({ number }: { number: number }) => !wanted[0] || wanted.includes(number)
    for (const entry of taught.filter(isWanted))
      for (const sample of samplesOf(entry, 'wrong')) {
        const course = await courseOf(entry, { root, layers })
        const answers = await answersWith(course.lab, sample)
        const [verdict] = await verdictsOn(course, answers, [sample.finds ?? ''])
        if (verdict?.status !== 'fail') {
          console.log(`${sample.path}: ${sample.finds} gives ${verdict?.reason ?? verdict?.status}`)
          code = 1
          continue
        }
        for (const language of ['en', 'zh'] as const)
          writeFileSync(goldenPath(sample, language), golden(verdict, course, language))
        console.log(relative('.', sample.path))
      }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
  return code
}
