/**
 * Tests. A process that copies out of a container and into it, thousands of times, and says what
 * came of it. A third of the time of the same in a process of vitest, of which each fork is dear.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyHeld } from '../../runtime/07-exec/copy/copy.ts'
import { holdRootOf } from '../../runtime/07-exec/copy/held-root.ts'
import { copyPlaceOf } from '../../runtime/07-exec/copy/words.ts'
import { findContainer } from '../../runtime/container/find.ts'
import { runtimeOn } from '../../test/rows.ts'
import { hasSecret, isUntouched } from './secret.ts'

const [, , root = '', dir = '', host = '', name = '', count = '0'] = process.argv

/** The sources of a copy out of the container, and the targets of one into it. */
const out = ['/w/d', '/w/d/.', '/w/d/secret', '/w', '/w/d/sub/../secret']
const into = ['/w/d', '/w/d/new', '/w/.', '/w/d/sub', '/w/d/sub/../x']

/** Copies by one program that holds the root; fewer if it ends before, because a step failed. */
const copiesEach = 20

/** How copies ended, and after how many of them the host's secret was read or written over. */
const tally = { done: 0, failed: 0, read: 0, written: 0 }

/** Copy `count` times, each time between the places that `placesAt` gives. */
async function copies(placesAt: (at: number) => [string, string], check: () => void) {
  const runtime = await runtimeOn(root)
  const container = findContainer(root, name)
  const options = { isArchive: false, onSkipped: () => {}, onBytes: () => {}, write: () => {} }
  for (let at = 0; at < Number(count); ) {
    const held = await holdRootOf(runtime, container)
    const end = Math.min(Number(count), at + copiesEach)
    for (let isLost = false; at < end && !isLost; at++) {
      const [from, to] = placesAt(at).map(copyPlaceOf) as Places
      const all = { ...options, from, to, followLink: at % 2 === 0, held, container }
      await copyHeld(all).then(
        () => tally.done++,
        () => tally.failed++,
      )
      isLost = await held.program.make([]).then(
        () => false,
        () => true,
      )
      check()
    }
    await held.program.end()
  }
}

type Places = [ReturnType<typeof copyPlaceOf>, ReturnType<typeof copyPlaceOf>]

async function race(): Promise<void> {
  const [source, target] = [join(dir, 'src'), join(dir, 'got')]
  mkdirSync(join(source, 'd/sub'), { recursive: true })
  for (const file of ['secret', 'd/secret', 'd/new']) writeFileSync(join(source, file), 'new')
  const outwards = (at: number): [string, string] => [`${name}:${out[at % out.length]}`, target]
  const inwards = (at: number): [string, string] => [
    `${source}/${at % into.length === 1 ? 'secret' : '.'}`,
    `${name}:${into[at % into.length]}`,
  ]
  await Promise.all([
    copies(outwards, () => {
      if (hasSecret(target)) tally.read++
      rmSync(target, { recursive: true, force: true })
    }),
    copies(inwards, () => {
      if (!isUntouched(host)) tally.written++
    }),
  ])
  console.log(JSON.stringify(tally))
}

void race()
