/** Tests. `npm test [-- CHAPTER | FILE…]`: set everything up, then run the tests. */
import { setup } from '../runtime/setup/setup.mjs'

const ready = await setup()
if (!ready.packages) process.exit(1)
const { register } = await import('tsx/esm/api')
register()
const { run } = await import('./run.ts')
process.exitCode = (await run(process.argv.slice(2))) || Number(ready.failed)
