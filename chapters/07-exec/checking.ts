/** Tests. A container that is checked, and what its checks have shown. */
import { expect, type TestContext } from 'vitest'
import { healthOf, type Health } from '../../runtime/07-exec/health-results.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runDetached, type Detached } from '../../test/detached.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

export interface Checked extends Detached {
  root: string
  health: () => Health
  /** A command of this program, which has to succeed; gives what it prints. */
  type: (...words: string[]) => Promise<string>
}

/** `run -d` with this check, every 20 ms, and these flags. */
export async function checked(
  context: TestContext,
  check: string,
  { flags = [], script = 'exec sleep 1000' }: { flags?: string[]; script?: string } = {},
): Promise<Checked> {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const often = ['--health-cmd', check, '--health-interval', '20ms']
  const box = await runDetached(root, [...often, ...flags], script)
  const health = () => {
    const found = healthOf(box.state(), box.dir, true)
    if (!found) throw new Error('nothing checks it')
    return found
  }
  const type = async (...words: string[]) => {
    const { code, out, err } = await stepbox(words, { root })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    return out
  }
  return { ...box, root, health, type }
}
