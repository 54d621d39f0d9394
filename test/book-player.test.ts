/** Tests. The walks, the layers and the questions of the book, as they are without a browser. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { align } from '../book/browser/walk/beside.ts'
import { withChoices } from '../book/choices.ts'
import { layersFigure } from '../book/layers/figure.ts'
import { mergedTree, type LayerEntry } from '../book/layers/tree.ts'
import { codeOf } from '../book/walk/code.ts'
import { walked, walkOf } from '../book/walk/data.ts'
import { walkFigure } from '../book/walk/figure.ts'
import { recorded } from '../book/walk/record.ts'
import { compact, parseRecording } from '../runtime/tools/walk/recording.ts'
import { rootWithBusybox } from './busybox.ts'
import { needs, scratch } from './scratch.ts'
import { stepbox } from './stepbox.ts'

const chapters = join(import.meta.dirname, '../chapters')
const recordingOf = (slug: string) =>
  parseRecording(readFileSync(join(chapters, slug, 'walk.json'), 'utf8'))
const page = { tag: 'en', up: '', hrefOf: () => 'source.html' }

describe('a walk', () => {
  test('is there for every chapter, and each of its calls is led back to code', () => {
    expect(walked()).toEqual(Object.keys(recorded))
    for (const slug of walked())
      for (const { why } of recordingOf(slug).plan) expect([slug, why, !!codeOf(why)][2]).toBe(true)
  })

  test.for(['en', 'zh'])('is a list of all calls without scripts: %s', (tag) => {
    for (const slug of walked()) {
      const { plan } = walkOf(slug, () => '')
      const html = walkFigure(slug, { ...page, tag })
      expect(html.match(/<li><code>/g)).toHaveLength(plan.length)
      expect(html).toMatch(/<section class="walk" data-walk="\d\d" aria-label="[^"]+">/)
      expect(html).not.toMatch(/<h1|style=|undefined|\{\w+\}/)
    }
  })

  test('has Chinese reasons on Chinese pages, without English in them', () => {
    const all = walked().map((slug) => walkOf(slug, () => ''))
    const reasons = all.flatMap(({ plan }) => plan.map(({ chinese }) => chinese))
    const unseen = all.flatMap(({ frames }) => frames.flatMap(({ chinese }) => chinese ?? []))
    const isEnglish = (text: string) =>
      !/\p{Script=Han}/u.test(text) || /[a-z]{2} [a-z]+ [a-z]{2}/.test(text)
    expect([...reasons, ...unseen].filter(isEnglish)).toEqual([])
  })

  test('has Chinese changes on Chinese pages', () => {
    const changes = walked().flatMap((slug) => {
      const { frames } = walkOf(slug, () => '')
      return frames.flatMap((frame) => frame.changes)
    })
    const words = changes.map((change) => {
      const { topic, text } = change.chinese ?? change
      return `${topic} ${text}`.replace(kernelWords, ' ')
    })
    expect(words.filter((line) => /[A-Za-z]{3}/.test(line))).toEqual([])
  })

  test('ends with a process that is the command, in a container', () => {
    for (const slug of walked()) {
      const last = recordingOf(slug).frames.at(-1)?.state?.processes?.at(-1)
      const [, inside, ...further] = last?.numbers ?? []
      expect([slug, last?.command, further]).toEqual([slug, 'sleep', []])
      expect(inside, slug).toBeLessThan(10)
    }
  })

  test('that is kept compactly is the same walk', () => {
    const recording = recordingOf('01-namespaces')
    expect(parseRecording(JSON.stringify(compact(recording)))).toEqual(recording)
    expect(recording.frames.every(({ index, state }) => state ?? recording.plan[index])).toBe(true)
  })

  test('holds nothing of the machine that the pages are made on', () => {
    for (const slug of walked()) {
      const text = readFileSync(join(chapters, slug, 'walk.json'), 'utf8')
      expect(text).not.toMatch(/virtiofs|\/work\/|\/tmp\/stepbox/)
      expect(text.length).toBeLessThan(100_000)
    }
  })

  test('shows what a recording of today shows', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const file = join(scratch(), 'walk')
    const run = ['run', '--rm', '--record', file, '--hostname', 'box', 'true']
    await stepbox(['--chapter', 'namespaces', ...run], { root })
    const now = parseRecording(readFileSync(file, 'utf8'))
    const then = recordingOf('01-namespaces')
    const lines = ({ plan }: typeof now) =>
      plan.slice(0, -1).map(({ strace, why }) => [strace, why])
    expect(lines(then)).toEqual(lines(now))
    const named = ({ frames, plan }: typeof now, name: string) =>
      frames.filter(({ index }) => plan[index]?.name === name).flatMap(({ changes }) => changes)
    for (const name of ['fork', 'unshare', 'setsid'])
      expect(topics(named(then, name))).toEqual(topics(named(now, name)))
    expect(now.frames.findLast(({ state }) => state)?.state?.processes?.at(-1)?.numbers).toEqual([
      expect.any(Number),
      1,
    ])
  })

  test('beside another has the same calls on the same lines', () => {
    const about = { step: 1, chapter: NaN, name: '', why: '', chinese: '' }
    const line = (strace: string) => ({ ...about, strace })
    const pairs = align(['a', 'b', 'd'].map(line), ['a', 'c', 'd'].map(line))
    expect(pairs).toEqual([[0, 0], [1, undefined], [undefined, 1], [2, 2]])
  })
})

/** Paths, options, numbers of namespaces and the like, which are the same in every language. */
const kernelWords = new RegExp(
  [
    /\S*[/_:.,]\S*/,
    /\b(umask|rlimit|pid|uts|ipc|mnt|net|cgroup2?|open files|groups|stepbox|box|sleep|shared)\b/,
    /\b(tmpfs|mqueue|devpts|devtmpfs|proc|sysfs|overlay|ext4|rootfs|io|memory|cpu|pids)\b/,
    /\b(stepbox0|sbv\w+|eth0|veth|default|inet|bridge|chain \w+)\b|\w+ \{ .* \}/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)

function topics(changes: { sign: string; topic: string }[]): string[] {
  return changes.map(({ sign, topic }) => `${sign} ${topic}`)
}

describe('layers', () => {
  const entry = (path: string, kind: LayerEntry['kind'], isOpaque = false): LayerEntry => {
    return { path, kind, mode: '644', sizeBytes: 0, ...(isOpaque ? { isOpaque } : {}) }
  }
  const layer = (...entries: LayerEntry[]) => ({ name: 'lower0', entries })

  test('show the uppermost file, and merge directories', () => {
    const [a, file] = mergedTree([
      layer(entry('a', 'directory'), entry('a/f', 'file')),
      layer(entry('a', 'directory'), entry('a/f', 'file')),
    ])
    expect(a?.merged).toEqual([0, 1])
    expect(file?.seen).toBe(0)
    expect(file?.hidden).toEqual([{ layer: 1, by: 0, how: 'file' }])
  })

  test('hide what a whiteout deletes, and what lies below an opaque directory', () => {
    const found = mergedTree([
      layer(entry('gone', 'whiteout'), entry('new', 'directory', true)),
      layer(entry('gone', 'directory'), entry('gone/f', 'file'), entry('new', 'directory')),
      layer(entry('new', 'directory'), entry('new/f', 'file')),
    ])
    const how = (path: string) => found.find((each) => each.path === path)?.hidden.map((h) => h.how)
    expect(found.filter(({ seen }) => seen !== undefined).map(({ path }) => path)).toEqual(['new'])
    expect(how('gone/f')).toEqual(['whiteout'])
    expect(how('new/f')).toEqual(['opaque'])
  })

  test('are a table without scripts', () => {
    const html = layersFigure('05-commit', page)
    expect(html).toMatch(/<th scope="row"><code>\/bin\/vi<\/code><\/th>.*whiteout.*does not see/)
    expect(html).not.toMatch(/style=|undefined|\{\w+\}/)
  })
})

describe('a question', () => {
  const choice = (text: string, reply: string) =>
    `<details><summary>${text}</summary>\n<p><strong>${reply}</strong> so.</p>\n</details>\n`

  test('with choices is a group of which one is open at a time', () => {
    const html = withChoices(choice('a', 'No.') + choice('b', 'Yes.') + choice('甲', '不对。'))
    expect(html.match(/<details name="question-1" class="choice (right|wrong)">/g)).toHaveLength(3)
    expect(html.match(/choice right/g)).toHaveLength(1)
  })

  test('with one answer, or answers that are neither right nor wrong, stays as it is', () => {
    const two = choice('Answer', 'Because.') + choice('Answer', 'Yes.')
    expect(withChoices(two)).toBe(two)
    expect(withChoices(choice('Answer', 'Yes.'))).toBe(choice('Answer', 'Yes.'))
  })
})
