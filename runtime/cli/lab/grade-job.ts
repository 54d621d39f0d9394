/** `lab grade --emit` and `--collect`: a class that is graded on many machines. */
import { readdirSync, statSync } from 'node:fs'
import { fromBytes, toBytes } from '../../bytes.ts'
import { UsageError, valueOf, type Input } from '../../command-line.ts'
import { collectGrades, type Collected } from '../../lab/emit/collect.ts'
import { clusters, jobFor } from '../../lab/emit/job.ts'
import emitZh from '../../lab/emit/zh.json' with { type: 'json' }
import { speaker } from '../../sentence.ts'
import { writeOutput } from '../output.ts'
import { languageIn } from './common.ts'

/** Print the job for a cluster. Nothing is graded, and nothing of this machine is looked at. */
export function emitJob(input: Input, chapter: number, seconds: number): number {
  const { words, warn } = input
  const kind = valueOf(input, 'emit') ?? ''
  if (!isCluster(kind))
    throw new UsageError(`no cluster '${kind}'; have: ${Object.keys(clusters).join(', ')}`)
  const [dir, ...others] = words
  if (dir === undefined || others.length > 0)
    throw new UsageError('--emit takes one folder, with a directory for each submission')
  const cluster = clusters[kind]
  const say = speaker(languageIn(input), [emitZh])
  writeOutput(jobFor(cluster, { names: directoriesIn(dir), chapter, seconds, say }))
  warn(`save it as ${cluster.file}; its first lines say how it is run`)
  return 0
}

function isCluster(word: string): word is keyof typeof clusters {
  return Object.hasOwn(clusters, word)
}

/** What is hidden is no submission, as for `lab grade`. */
function directoriesIn(dir: string): string[] {
  if (!statSync(toBytes(dir), { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`no folder ${dir}`)
  return readdirSync(toBytes(dir), { withFileTypes: true, encoding: 'buffer' })
    .filter((entry) => entry.isDirectory())
    .map((entry) => fromBytes(entry.name))
    .filter((name) => !name.startsWith('.'))
    .sort()
}

/** The grades of many machines as one, with a warning for each thing that a teacher should know. */
export function collect({ warn }: Input, dir: string, except: string): Collected {
  const collected = collectGrades(dir, except)
  const { files, missing, repeated } = collected
  warn(`${files} files, ${collected.grade.submissions.length} submissions`)
  for (const name of missing) warn(`not graded: ${name}`)
  for (const name of repeated) warn(`graded more than once, the last one counts: ${name}`)
  return collected
}
