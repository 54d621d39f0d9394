/** Tests. Data roots of other versions: an older one goes on being used, a newer one is refused. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { resolve } from '../runtime/05-commit/store/store.ts'
import { rootWithBusybox } from './busybox.ts'
import made from './data-root-1.json' with { type: 'json' }
import { needs } from './scratch.ts'
import { stepbox } from './stepbox.ts'

/** The containers of a data root of state version 1, as that Stepbox wrote it, beside busybox. */
async function oldRoot(): Promise<string> {
  const root = await rootWithBusybox()
  await stepbox(['run', '--rm', 'busybox', 'true'], { root }) // unpacks its layer
  const { id, manifest, layers } = resolve(root, 'busybox')
  const image = {
    name: 'busybox:latest',
    id,
    manifest: manifest.digest,
    diffIds: layers.map(({ diffId }) => diffId),
  }
  for (const name of ['containers', 'names', 'running', 'tmp'])
    mkdirSync(join(root, name), { recursive: true })
  const write = (state: { id: string; name: string; image?: object }, file: string) => {
    const dir = join(root, 'containers', state.id)
    for (const part of ['upper', 'work', 'merged', 'init/etc'])
      mkdirSync(join(dir, part), { recursive: true })
    const layer = join(root, 'layers', image.diffIds[0]?.replace('sha256:', '') ?? '')
    symlinkSync(layer, join(dir, 'lower0'))
    writeFileSync(join(dir, 'upper/written'), 'old\n')
    symlinkSync(state.id, join(root, 'names', state.name))
    const own = state.image ? { ...state, image } : state
    writeFileSync(join(root, file), JSON.stringify(own))
  }
  for (const state of made.kept) write(state, `containers/${state.id}/state.json`)
  for (const state of made.running) write(state, `running/${state.id}`)
  return root
}

test('containers of state version 1 are listed, compared, committed, removed', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await oldRoot()
  const { out } = await stepbox(['ps', '-a'], { root })
  expect(out).toMatch(/^\w{12} +busybox:latest +"sh -c echo old .*Exited \(4\).* kept$/m)
  expect(out).toMatch(/^\w{12} +chapter \d +"true" .*Exited \(0\).* second$/m)
  expect(out).toMatch(/^\w{12} +busybox:latest +"sleep 60" .*Exited \(137\).* lost$/m)
  expect((await stepbox(['diff', 'kept'], { root })).out).toBe('A /written\n')
  expect((await stepbox(['commit', 'kept', 'app'], { root })).code).toBe(0)
  const run = await stepbox(['run', '--rm', 'app', 'cat', '/written'], { root })
  expect(run.out).toBe('old\n')
  const removed = await stepbox(['rm', 'kept', 'second', 'lost'], { root })
  expect(removed).toMatchObject({ code: 0, out: 'kept\nsecond\nlost\n', err: '' })
  expect((await stepbox(['ps', '-aq'], { root })).out).toBe('')
})

test('a container of a newer version is named, and the others go on', async (context) => {
  needs(context, 'root')
  const root = await oldRoot()
  const [first] = made.kept
  const file = join(root, 'containers', first?.id ?? '', 'state.json')
  const newer = JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), version: 3 })
  writeFileSync(file, newer)
  const { code, out, err } = await stepbox(['ps', '-a'], { root })
  expect([code, out.trim().split('\n').length]).toEqual([0, 3])
  expect(err).toContain(`${file}: state version 3, this program reads 1 and 2\n`)
  const refused = await stepbox(['rm', first?.name ?? ''], { root })
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('state version 3') })
  expect(readFileSync(file, 'utf8')).toBe(newer)
})
