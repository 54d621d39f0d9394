/** Tests. Carries out the plan it is given, tells who does at each step, and ends as it does. */
import { launch } from '../runtime/native.ts'
import type { Step } from '../runtime/step.ts'

const launched = launch(JSON.parse(process.argv[2] ?? '') as Step[], {
  stdio: ['ignore', 'inherit', 'inherit'],
})
void tell()

async function tell(): Promise<void> {
  for await (const { result } of launched.reports) console.log(process.pid, launched.pid, result)
  process.exitCode = (await launched.outcome).exitCode
}
