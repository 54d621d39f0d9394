/** Tests. What a walk sees of each call, and what it says of calls that change nothing. */
import { describe, expect, test } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { layerDirs } from '../runtime/05-commit/layer/dirs.ts'
import { resolve } from '../runtime/05-commit/store/store.ts'
import { traitsOf } from '../runtime/chapter.ts'
import type { Difference } from '../runtime/tools/walk/changes.ts'
import { plannedLines, recordedFrame } from '../runtime/tools/walk/recording.ts'
import { whyUnseen } from '../runtime/tools/walk/unseen.ts'
import { beginWalk } from '../runtime/tools/walk/walk.ts'
import { rootWithBusybox } from './busybox.ts'
import { rowsTo, runtimeOn } from './rows.ts'
import { needs } from './scratch.ts'

interface Seen {
  name: string
  strace: string
  changes: Difference[]
  /** What is said if there are none. */
  why: string
}

/** Each call of a start in `chapter`, with what was seen of it. */
async function walked(chapter: number): Promise<Seen[]> {
  const root = await rootWithBusybox()
  const has = traitsOf(await rowsTo(chapter))
  const layers = () => layerDirs(root, resolve(root, 'busybox'))
  const [rootfs = '/'] = await layers()
  const walk = await beginWalk(await runtimeOn(root, chapter), {
    chapter,
    argv: ['sh', '-c', 'read line'],
    env: ['PATH=/usr/bin:/bin'],
    user: '1000:1000',
    stdio: ['ignore', 'ignore', 'ignore'],
    ...(has.root === 'directory' ? { rootfs } : {}),
    ...(has.root === 'layers' ? { layers } : {}),
  })
  const lines = plannedLines(walk.plan)
  const seen: Seen[] = []
  for (let frame = await walk.advance(); frame; frame = await walk.advance()) {
    const line = lines[frame.index]
    const { name = '', strace = '' } = line ?? {}
    const why = whyUnseen(line, recordedFrame(frame))
    seen.push({ name, strace, changes: frame.changes, why })
  }
  await walk.finish()
  return seen
}

describe('in a start', { timeout: 60_000 }, () => {
  const title = 'of chapter $number, a call changes something, or it is said where to look'
  test.for(chapters)(title, async (row, context) => {
    needs(context, 'root')
    const seen = await walked(row.number)
    const silent = seen.filter(({ changes }) => changes.length === 0)
    const unknown = silent.filter(({ why }) => why === 'Nothing changed that the host can see.')
    expect(unknown).toEqual([])
    expect(silent.length).toBeLessThan((2 * seen.length) / 3)
  })

  test('files, limits, groups and descriptors are seen', async (context) => {
    needs(context, 'root', 'overlay')
    const seen = await walked(chapters.at(-1)?.number ?? 0)
    const of = (call: RegExp) => {
      const found = seen.find(({ strace }) => call.test(strace))
      // The host may change meanwhile: other tests have containers there.
      const own = found?.changes.filter(({ topic }) => !topic.startsWith('host '))
      return own?.map(({ sign, topic, text }) => `${sign} ${topic} ${text}`)
    }
    expect(of(/^mknod\("\/dev\/null"/)).toEqual([
      '+ file /dev/null a device 1:3, mode 666, owner 0:0',
    ])
    expect(of(/^symlink\("pts\/ptmx"/)).toEqual(['+ file /dev/ptmx a link to pts/ptmx'])
    expect(of(/^mkdir\("\/dev\/pts"/)).toEqual([
      '+ file /dev/pts a directory, mode 755, owner 0:0',
    ])
    expect(of(/^setrlimit\(/)?.join()).toMatch(/^~ rlimit open files .* → 1024, at most \d+$/)
    expect(of(/^setgroups\(/)?.join()).toMatch(/^~ user groups .* → 1000$/)
    const input = of(/^dup2\(8, 0\)/)?.join()
    expect(input).toMatch(/^~ descriptor 0 .* → \/dev\/null, not the host's$/)
  })
})
