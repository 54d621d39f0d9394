/** Tests. `node dist/guest-tests/program.cjs PATH …` runs a module as `tsx PATH …` would. */
import { load } from './load.ts'

const [path = ''] = process.argv.splice(2, 1)
void load(path, {})
