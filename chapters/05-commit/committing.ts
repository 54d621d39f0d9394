/** For its tests: a process that commits `upper` as each of the names, and tells how. */
import { readdirSync } from 'node:fs'
import { commit } from '../../runtime/05-commit/commit.ts'
import { resolve } from '../../runtime/05-commit/store/store.ts'

async function main([root = '', upper = '', ...names]: string[]): Promise<void> {
  for (const name of names) {
    const stack = { upper, lowers: [] }
    const more = { name, command: [], created: '2024-01-01T00:00:00Z' }
    const onSkipped = (path: string) => console.log(`skipped ${path}`)
    try {
      await commit(root, { image: resolve(root, 'app:v1'), stack, ...more, onSkipped })
      console.log(`done ${process.resourceUsage().maxRSS}`)
    } catch (error) {
      console.log(`failed: ${(error as Error).message}`)
      console.log(`left in tmp: ${readdirSync(`${root}/tmp`).length}`)
    }
  }
}

void main(process.argv.slice(2))
