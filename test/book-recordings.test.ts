/**
 * Tests. The recordings that the pages show are what is recorded today. The walks are made in the
 * virtual machine that they were made in: 95 s without KVM, one machine for all chapters.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { layersOfToday } from '../book/layers/record.ts'
import type { RecordedLayers } from '../book/layers/tree.ts'
import { root } from '../book/links.ts'
import { recorded, walksOfToday } from '../book/walk/record.ts'
import { parseRecording, type Recording } from '../runtime/tools/walk/recording.ts'
import { needs } from './scratch.ts'

const walkIn = (slug: string) =>
  parseRecording(readFileSync(join(root, 'chapters', slug, 'walk.json'), 'utf8'))

describe('the walks', () => {
  let today: Record<string, Recording> | undefined

  test.for(Object.keys(recorded))('of %s', { timeout: 480_000 }, (slug, context) => {
    needs(context, 'native', 'qemu-system-x86_64')
    today ??= walksOfToday()
    const [now, then] = [today[slug], walkIn(slug)]
    if (!now) throw new Error(`nothing was recorded for ${slug}`)
    if (now.kernel !== then.kernel)
      context.skip(`recorded on Linux ${then.kernel}; the machine here has ${now.kernel}`)
    expect(sayingOf(now)).toEqual(sayingOf(then))
  })
})

test('the layers are the same files, of the same kinds', async (context) => {
  needs(context, 'root', 'overlay')
  for await (const [slug, now] of layersOfToday()) {
    const text = readFileSync(join(root, 'chapters', slug, 'layers.json'), 'utf8')
    expect(withoutBusybox(JSON.parse(text) as RecordedLayers)).toEqual(withoutBusybox(now))
  }
})

/** Another busybox has another size and other commands, each a link to it. */
function withoutBusybox({ layers, ...rest }: RecordedLayers): unknown {
  const bare = layers.map(({ name, entries }) => {
    const kept = entries.filter(({ kind }) => kind !== 'link')
    return [name, kept.map((each) => (each.path === 'bin/busybox' ? each.path : each))]
  })
  return { ...rest, bare }
}

/** A recording without what differs from one start to the next: ids and numbers. */
function sayingOf({ plan, frames, command, chapter }: Recording): unknown {
  const lines = plan.map(({ step, chapter: from, name, strace, why }) => {
    const same = strace.replace(ids, 'ID').replace(chosen, 'N')
    const bare = same.replace(/(?<=^pidfd_open\()\d+/, 'N')
    return { step, from, name, why, strace: bare }
  })
  const seen = frames.map(({ index, errno, changes }) => {
    const texts = changes.map(({ sign, topic, text }) => {
      const same = text.replace(ids, 'ID').replace(numbers, 'N').replace(chosen, 'N')
      return `${sign} ${topic} ${same}`
    })
    return { index, errno, texts }
  })
  return { chapter, command, lines, seen }
}

const ids = /\b[0-9a-f]{12,}\b/g
/** The end of a cable, a bridge's MAC address and numbers of interfaces: others each time. */
const chosen = /(?<=sbv)[0-9a-f]{11}|\b02:42:(?!ac:)[0-9a-f:]{11}|\d{8,10}/g
/** Of processes, pipes, namespaces and groups of mounts. */
const numbers = new RegExp(
  '(?<=pid |(?:pipe|socket):\\[|shared:)\\d+|\\b\\d{2,}(?= inside)|\\b40265\\d+' +
    '|(?<=^| )\\d+(?= → \\d+$)|(?<= → )\\d+$',
  'g',
)
