/** For a test: a process that compares the write layer in a container's directory. */
import { diff } from '../../runtime/04-overlay/diff.ts'
import { stackIn } from '../../runtime/04-overlay/stack.ts'

void diff(stackIn(process.argv[2] ?? '')).then((changes) => {
  const last = changes.at(-1)
  console.log(`${changes.length} changes, the last: ${last?.kind} ${last?.path}`)
})
