/** Tests: a command that reaches into a container, and any other one at the same moment. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { logsCommand } from '../../runtime/06-lifecycle/logs/command.ts'
import { attachCommand } from '../../runtime/07-exec/attach-command.ts'
import { cpCommand } from '../../runtime/07-exec/copy/command.ts'
import { execCommand } from '../../runtime/07-exec/exec-command.ts'
import { topCommand } from '../../runtime/07-exec/top.ts'
import type { Runtime } from '../../runtime/chapter.ts'
import { commandsOfLife } from '../../test/at-once/life.ts'
import { asTyped, inPairs, pairsOf, type Command } from '../../test/at-once/pairs.ts'
import { scratch } from '../../test/scratch.ts'

/** A directory, so that nothing is half copied unseen: it is empty, or has the whole file. */
async function copiedOut(runtime: Runtime, id: string): Promise<void> {
  const dir = scratch()
  await cpCommand(asTyped(runtime, { words: [`${id}:/etc/passwd`, dir] }))
  expect(readdirSync(dir)).toEqual(['passwd'])
}

async function copiedIn(runtime: Runtime, id: string): Promise<void> {
  const file = join(scratch(), 'new')
  writeFileSync(file, 'new')
  await cpCommand(asTyped(runtime, { words: [file, `${id}:/etc`] }))
}

/** The container ended while a process of ours was on its way in, or looked for it. */
const ended = /^container '\w+' (is being started|ended|is restarting)/
const endedOnItsWay = new RegExp(`${ended.source}|\n  the container has ended meanwhile`)

const commands: Record<string, Command> = {
  exec: {
    does: (runtime, id) => execCommand(asTyped(runtime, { words: [id, 'true'] })),
    says: endedOnItsWay,
    codes: [137],
  },
  attach: {
    does: (runtime, id) => {
      const typed = { words: [id], switches: new Set(['no-stdin', 'sig-proxy']) }
      return attachCommand(asTyped(runtime, typed))
    },
    says: /^container '\w+' waits |^cannot attach to container '\w+': (ENOENT|ECONNREFUSED)\n/,
    codes: [137],
    lasts: true,
  },
  logs: { does: (runtime, id) => logsCommand(asTyped(runtime, { words: [id] })) },
  'cp out': { does: copiedOut, says: ended },
  'cp in': { does: copiedIn, says: ended },
  top: { does: (runtime, id) => topCommand(asTyped(runtime, { words: [id] })), says: ended },
}

for (const state of ['created', 'running'])
  test(`of a container that is ${state}, none is lost and none hangs`, async (context) => {
    const how = { isRunning: state === 'running', chapter: 7 }
    expect(await inPairs(context, pairsOf(commands, commandsOfLife), how)).toEqual([])
  }, 240_000)
