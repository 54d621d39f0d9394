/** Tests. The size of a client's terminal. */
import { execFileSync } from 'node:child_process'
import { expect, test, type TestContext } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { linkOf } from '../../test/carry-out.ts'
import { runDetached } from '../../test/detached.ts'
import { onTerminal, type OnTerminal } from '../../test/on-terminal.ts'
import { needs } from '../../test/scratch.ts'
import { program } from '../../test/stepbox.ts'

/** A client of a container that says its terminal's size for each line. */
async function sizing(context: TestContext) {
  needs(context, 'root', 'overlay', 'util-linux-script')
  const root = await rootWithBusybox()
  const script = 'while read -r line; do stty size; done'
  await runDetached(root, ['-it', '--name', 'box'], script)
  const at = onTerminal(`node ${program} attach box`, { STEPBOX_ROOT: root })
  await asked(at, '30 100')
  return at
}

/** Ask for the size until it is `size`: the client tells it a moment after it may type. */
async function asked(at: OnTerminal, size: string): Promise<void> {
  const asking = setInterval(() => at.type('\n'), 50)
  await at.shows(size)
  clearInterval(asking)
}

test("the container's terminal follows the size of the client's", async (context) => {
  const at = await sizing(context)
  execFileSync('stty', ['-F', linkOf(`/proc/${at.pid()}/fd/0`), 'rows', '40', 'cols', '120'])
  await asked(at, '40 120')
  at.type('\x10\x11')
  expect(await at.ended).toMatchObject({ code: 1, isAsBefore: true })
})
