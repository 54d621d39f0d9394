/** Tests. Clients of a container, whose terminals are pipes. */
import { onTestFinished, type TestContext } from 'vitest'
import { client } from '../../runtime/06-lifecycle/attach.ts'
import { launch, type Outcome } from '../../runtime/native.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runDetached, until, type Detached } from '../../test/detached.ts'
import { needs } from '../../test/scratch.ts'

export interface Client {
  pid: number
  said: () => string
  type: (text: string) => void
  close: () => void
  ended: Promise<Outcome>
}

/** A client whose terminal is a pipe: what it types is not changed on the way. */
export function attached({ dir }: Detached, keys = '', hasTerminal = true): Client {
  const wanted = { directory: dir, hasTerminal, milliseconds: 5000 }
  const plan = client({ ...wanted, streams: [true, true, true] })
  const { pid, process: child, outcome } = launch(plan, {
    stdio: ['pipe', 'pipe', 'pipe'],
    keys: Buffer.from(keys),
  })
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stdin?.on('error', () => {}) // ignoring: it may leave without reading
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    pid,
    said: () => text,
    type: (line) => void child.stdin?.write(line),
    close: () => void child.stdin?.end(),
    ended: outcome,
  }
}

/** A container whose terminal gives each byte back as it comes. */
export async function echoing(context: TestContext, flags = ['-it']) {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const script = 'stty raw -echo 2>/dev/null; echo ready; exec cat'
  const box = await runDetached(root, [...flags, '--name', 'box'], script)
  await until(() => box.logged().startsWith('ready'))
  return { root, box }
}
