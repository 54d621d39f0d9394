/** Tests. What lies where the state of a container should be, and where it does not lead. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newId } from '../runtime/container/create.ts'
import { everyContainer } from '../runtime/container/find.ts'
import { makePlaces } from '../runtime/container/state.ts'
import { tidy } from '../runtime/container/tidy.ts'
import type { Container } from '../runtime/options.ts'
import { runtimeOn } from './rows.ts'
import { needs, scratch } from './scratch.ts'
import { stateOf } from './states.ts'

function textOf(id: string, more: Partial<Container> = {}): string {
  return JSON.stringify(stateOf(id, more))
}

/** What kill(2) takes for every process. */
const all = { pid: -1, start: 1, boot: 'none' }

describe('what lies in the place of a state', () => {
  test.for<[what: string, make: (path: string, id: string) => void]>([
    ['a fifo', (path) => spawnSync('mkfifo', [path])],
    [
      'a link to a state',
      (path, id) => {
        writeFileSync(`${path}.elsewhere`, textOf(id))
        symlinkSync(`${path}.elsewhere`, path)
      },
    ],
    ['a directory', (path) => mkdirSync(path)],
    ['the state of another container', (path) => writeFileSync(path, textOf('f'.repeat(64)))],
    ['an id that is a path', (path) => writeFileSync(path, textOf('../../precious'))],
    ['a name that is a path', (path, id) => writeFileSync(path, textOf(id, { name: '../../x' }))],
    ['a pid that stands for all', (path, id) => writeFileSync(path, textOf(id, { init: all }))],
  ])('%s is named once, leads nowhere, and holds up nothing', async ([, make], context) => {
    needs(context, 'root')
    const root = join(scratch(), 'root')
    makePlaces(root)
    const precious = join(root, '../precious')
    mkdirSync(precious)
    const [mark, kept, good] = [newId(), newId(), newId()]
    make(join(root, 'running', mark), mark)
    for (const id of [kept, good]) mkdirSync(join(root, 'containers', id))
    make(join(root, 'containers', kept, 'state.json'), kept)
    writeFileSync(join(root, 'containers', good, 'state.json'), textOf(good))
    expect(await tidy(await runtimeOn(root))).toEqual([])
    const { containers, unreadable } = everyContainer(root)
    expect(containers.map(({ id }) => id)).toEqual([good])
    const paths = [`running/${mark}`, `containers/${kept}/state.json`]
    expect(unreadable.map(({ message }) => paths.find((path) => message.includes(path)))).toEqual(
      paths,
    )
    expect([existsSync(precious), existsSync(join(root, 'running', mark))]).toEqual([true, true])
  })

  test('a group that the state has no right to is not touched', async (context) => {
    needs(context, 'root')
    const root = scratch()
    makePlaces(root)
    const id = newId()
    const dir = join(scratch(), `stepbox-${id}`)
    mkdirSync(dir)
    for (const name of ['cgroup.kill', 'cgroup.freeze', 'freezer.state', 'cgroup.procs'])
      writeFileSync(join(dir, name), `${process.pid}\n`)
    writeFileSync(join(root, 'running', id), textOf(id, { groups: [dir] }))
    expect(await tidy(await runtimeOn(root))).toHaveLength(1)
    for (const name of readdirSync(dir))
      expect([name, readFileSync(join(dir, name), 'utf8')]).toEqual([name, `${process.pid}\n`])
    expect(existsSync(join(root, 'running', id))).toBe(false)
  })
})
