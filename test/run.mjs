/** Tests. `npm test [-- CHAPTER | FILE…]`: set everything up, then run the tests. */
import { setup } from '../runtime/setup/setup.mjs'

const help = `Usage: npm test [-- [CHAPTER | FILE …] [OPTION …]]

  npm test                       every test that this machine can run
  npm test -- N                  the tests of chapter N, with their titles
  npm test -- cli reset          the files with cli or reset in their paths
  npm test -- 3 -t 'a write'     of these, the tests with that in their titles
  npm test -- --vm               all, and the kernel tests also on the kernel of stepbox vm
  npm test -- --vm=backports 2   the same on a kernel of your choice; see stepbox vm --help

Other options are those of vitest: npx vitest --help.`

const args = process.argv.slice(2)
if (args.includes('--help') || args.includes('-h')) {
  console.log(help)
  process.exit()
}
const isInside = process.env.STEPBOX_MACHINE_NETWORK !== undefined
const ready = isInside ? { packages: true, failed: false } : await setup()
if (!ready.packages) process.exit(1)
const { register } = await import('tsx/esm/api')
register()
const { inOwnNetwork } = await import('./own-network.ts')
const code = await inOwnNetwork()
const { run } = await import('./run.ts')
process.exitCode = (code ?? (await run(args))) || Number(ready.failed)
