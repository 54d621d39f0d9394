/** Tests. A container that lives on without the process that started it. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { stateOf } from '../runtime/container/find.ts'
import { containerDir, runningMark } from '../runtime/container/state.ts'
import type { Container } from '../runtime/options.ts'
import { stepbox } from './stepbox.ts'

/** What can be asked of it at any time. */
export interface Detached {
  id: string
  dir: string
  /** Its state, as a command reads it. */
  state: () => Container
  /** The words of each line of its journal. */
  journal: () => string[][]
  /** All output that is in its log, joined. */
  logged: () => string
  /** Resolves when nothing waits for it any more, and gives how it ended. */
  settled: () => Promise<Container>
}

/** `run -d` with these flags. */
export async function runDetached(
  root: string,
  flags: string[],
  script: string,
): Promise<Detached> {
  const args = ['run', '-d', ...flags, 'busybox', 'sh', '-c', script]
  const { code, out, err } = await stepbox(args, { root })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return detached(root, out.trim())
}

/** The container with this id. */
export function detached(root: string, id: string): Detached {
  const dir = containerDir(root, id)
  const state = () => {
    const found = stateOf(root, id)
    if (!found) throw new Error(`there is no container ${id}`)
    return found
  }
  const linesOf = (name: string) => readFileSync(join(dir, name), 'utf8').split('\n').slice(0, -1)
  const records = () => linesOf(`${id}-json.log`).map((line) => JSON.parse(line) as { log: string })
  const settled = async () => {
    await until(() => !existsSync(runningMark(root, id)))
    return state()
  }
  return {
    id,
    dir,
    state,
    journal: () => linesOf('journal').map((line) => line.split(' ')),
    logged: () => records().map(({ log }) => log).join(''),
    settled,
  }
}

/** Look again and again until it is so; the time limit of the test is the limit. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}
