/**
 * Tests. What the texts show of Docker is what Docker does: the blocks ```` ```console docker ````
 * of each chapter are played in one shell, with a dockerd that is started for them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { $ } from 'zx'
import { compare, sessionsIn, type Exchange, type Seen } from '../book/sessions.ts'
import { dockerd } from './dockerd.ts'
import { scratch } from './scratch.ts'

const chapters = join(import.meta.dirname, '../chapters')
const boxes = readdirSync(chapters)
  .filter((name) => /^\d\d-/.test(name))
  .map((slug) => ({ slug, exchanges: boxIn(join(chapters, slug, 'README.md')) }))

/** Only the blocks on Docker are sessions in what `sessionsIn` gets. */
function boxIn(path: string): Exchange[] {
  const others = readFileSync(path, 'utf8').replace(/^```console run\b.*$/gm, '```console')
  return sessionsIn(others.replace(/^```console docker$/gm, '```console run'), 'host')
}

describe.for(boxes.filter(({ exchanges }) => exchanges.length > 0))('$slug', ({ exchanges }) => {
  test('what it shows of Docker is what Docker does', async (context) => {
    const { host } = await dockerd(context)
    const bash = $({ cwd: scratch(), quiet: true, input: scriptOf(exchanges, host) })`bash`
    const printed = (await bash).stdout.split(mark)
    let seen: Seen = new Map()
    const wrong: object[] = []
    for (const [index, { command, expected, line }] of exchanges.entries()) {
      const actual = (printed[index] ?? '').split('\n').slice(0, -1)
      const result = compare(expected, actual.map((text) => text.trimEnd()), seen)
      if (typeof result === 'number') wrong.push({ line, command, expected, actual })
      else seen = result
    }
    expect(wrong).toEqual([])
  }, 240_000)
})

const mark = '\x1e'

/** `docker` is a client of our daemon; a mark follows what each command prints. */
function scriptOf(exchanges: Exchange[], host: string): string {
  const client = `docker() { command docker -H ${host} "$@"; }`
  const commands = exchanges.map(({ command }) => `${command}\nprintf '\\036'`)
  return ['exec 2>&1', client, ...commands, ''].join('\n')
}
