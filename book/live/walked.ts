/** What a live walk steps through, and the container that it enters. */
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { text as textOf } from 'node:stream/consumers'
import { entered, recorded } from '../walk/record.ts'
import { folderOf } from './chapters.ts'
import { begin } from './process.ts'

export interface Typed {
  /** `run`, or the command of a further list. */
  command: string
  /** Those that no page shows. */
  flags: string[]
  words: string[]
  /** The words as in a shell. */
  shown: string
}

/**
 * As in the recorded walk, but the command ends soon. `name` is that of the container entered;
 * without one, a chapter that enters a container starts one.
 */
export function typedFor(chapter: number, name?: string): Typed {
  const slug = slugOf(chapter)
  const box = name === undefined ? entered[slug]?.slice(2) : undefined
  const start = box && ['run', ...box]
  const [command = '', ...typed] = start ?? recorded[slug] ?? ['run', 'busybox', 'sleep', '5']
  const asked = typed.slice(typed.indexOf('RECORD') + 1, -2)
  if (name !== undefined) asked[asked.indexOf('box')] = name
  const words = asked.map((word) => (word === 'web:1.0' ? 'busybox' : word))
  const script = 'echo "hello from process $$"'
  return {
    command,
    flags: command === 'run' ? ['--rm'] : [],
    words: [...words, 'sh', '-c', script],
    shown: [...words, 'sh', '-c', `'${script}'`].join(' '),
  }
}

interface Box {
  name: string
  /** Resolves when it can be entered; rejects if it cannot be started. */
  runs: Promise<void>
  /** Resolves when it has ended. */
  ended: Promise<unknown>
  end: () => void
}

/** The container that a chapter's walk enters, started now; undefined if it enters none. */
export function boxFor(chapter: number): Box | undefined {
  const words = entered[slugOf(chapter)]
  if (!words) return undefined
  const name = `box-${randomBytes(3).toString('hex')}`
  const own = ['--name', name, ...words.slice(2, -2)]
  const script = 'echo ready; exec tail -f /dev/null'
  const which = ['--chapter', String(chapter)]
  const { output, errors, ended, end } = begin({
    argv: ['stepbox', ...which, 'run', '--rm', ...own, 'sh', '-c', script],
  })
  const problem = textOf(errors)
  const runs = new Promise<void>((resolve, reject) => {
    createInterface({ input: output }).once('line', () => resolve())
    void Promise.all([problem, ended]).then(([why]) => reject(new Error(why.trim())), reject)
  })
  return { name, runs, ended, end }
}

function slugOf(chapter: number): string {
  return folderOf(chapter).replace('chapters/', '')
}
