/** Tests. A process that carries out the plan it is given, and tells who does at each step. */
import { launch } from '../runtime/native.ts'
import type { Step } from '../runtime/step.ts'

const launched = launch(JSON.parse(process.argv[2] ?? '') as Step[], {
  stdio: ['ignore', 'inherit', 'inherit'],
})
void tell()

async function tell(): Promise<void> {
  for await (const { result } of launched.reports) console.log(process.pid, launched.pid, result)
}
