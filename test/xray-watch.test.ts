/** Tests. `stepbox x-ray --watch` on a terminal. */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Container } from '../runtime/options.ts'
import { rootWithBusybox } from './busybox.ts'
import { needs } from './scratch.ts'
import { program, stepbox } from './stepbox.ts'
import { openTerminal } from './tmux.ts'
import { pidOf, runs } from './x-rayed.ts'

test('--watch scrolls to all that a small window has no room for', async (context) => {
  needs(context, 'root', 'tmux')
  const root = await rootWithBusybox()
  const { name } = await runs({ root, flags: ['--rm', '--network', 'none'] })
  const screen = openTerminal({ STEPBOX_ROOT: root }, 80, 24)
  screen.line(`node ${program} x-ray --watch ${name}; echo "code $?"`)
  const top = await screen.shows(/^ q quit · ↑ ↓ scroll · [1-9]\d* more lines below$/m)
  expect(top).toMatch(/\n control group [^]*\n processes [^]*\n process +\d+, this x-ray +1, which/)
  screen.keys('z')
  await screen.shows(/^ 'z' is no key here; have: q ↑ ↓$/m)
  screen.keys(...Array<string>(60).fill('Down'))
  await screen.shows(/^ write layer[^]*^ q quit · ↑ ↓ scroll · 0 more lines below$/m)
  screen.keys('Up')
  await screen.shows('1 more lines below')
  await stepbox(['rm', '-f', name], { root })
  await screen.shows(`container '${name}' has ended`)
  await screen.shows(/^code 0$/m)
}, 40_000)

const ways = ['q', 'C-c', 'TERM', 'the end']
const options = { timeout: 40_000 }
test.for(ways)('--watch draws anew, until %s', options, async (way, context) => {
  needs(context, 'root', 'tmux')
  const root = await rootWithBusybox()
  const script = 'echo ready; while [ ! -e /more ]; do sleep 0.1; done; sleep 1003; true'
  const container = await runs({ root, script })
  const screen = openTerminal({ STEPBOX_ROOT: root })
  const watch = `node ${program} x-ray --watch ${container.name}`
  screen.line(`stty -g > ${root}/before; ${watch}; echo "code $?"`)
  await screen.shows(/q quit/)
  await screen.shows(new RegExp(`^ \\w+ +${pidOf(container)} .* 1 +sh -c`, 'm'))
  const children = `/proc/${screen.shell}/task/${screen.shell}/children`
  const watcher = Number(readFileSync(children, 'utf8').split(' ')[0])
  expect(screen.text()).not.toContain('sleep 1003')
  makeInside(container, '/more')
  await screen.shows('sleep 1003')
  if (way === 'TERM') process.kill(watcher, 'SIGTERM')
  else if (way === 'the end') process.kill(pidOf(container), 'SIGKILL')
  else screen.keys(way)
  await screen.shows(way === 'TERM' ? /^code 143$/m : /^code 0$/m)
  if (way === 'the end') expect(screen.text()).toContain(`'${container.name}' has ended`)
  screen.line(`stty -g | cmp - ${root}/before && echo as before`)
  await screen.shows(/^as before$/m)
  expect(screen.text()).not.toContain('q quit')
})

/** A file in the container, made from the host's side. */
function makeInside(container: Container, path: string): void {
  writeFileSync(`/proc/${pidOf(container)}/root${path}`, '')
}
