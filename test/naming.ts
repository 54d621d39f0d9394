/** Tests. A process that creates containers by name, from its first input on; says which it got. */
import { create } from '../runtime/container/create.ts'
import { runtimeOn } from './rows.ts'

const [, , root = '', count = '0'] = process.argv
console.log('ready')
process.stdin.once('data', () => void createAll())

async function createAll(): Promise<void> {
  const runtime = await runtimeOn(root)
  const options = { chapter: runtime.rows[0]?.number ?? 0, argv: ['true'], env: [], rm: true }
  for (let at = 0; at < Number(count); at++)
    try {
      await create(runtime, { ...options, name: `n${at}` })
      console.log(`got n${at}`)
    } catch (error) {
      if (!(error as Error).message.includes('is in use')) throw error
    }
  console.log('done')
  setInterval(() => {}, 1e6) // its containers are lost when it ends
}
