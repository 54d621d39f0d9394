/** Tests. A start that nobody watches: what is there for those who watch is not even loaded. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { rootWithBusybox } from './busybox.ts'
import { needs, scratch } from './scratch.ts'

const top = join(import.meta.dirname, '..')
const commands = 'walk|step|trace|replay|without|break|xray'
const watching = new RegExp(`^runtime/(tools/|cli/(${commands}))`)

/** The modules of the program that Node evaluated, by its own account (NODE_V8_COVERAGE). */
async function loadedBy(...args: string[]): Promise<string[]> {
  const account = scratch()
  const env = { ...process.env, STEPBOX_ROOT: await rootWithBusybox(), NODE_V8_COVERAGE: account }
  const command = ['--import', 'tsx', join(top, 'chapters/stepbox.ts'), ...args]
  await promisify(execFile)(process.execPath, command, { env, cwd: top })
  const urls = readdirSync(account).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(account, name), 'utf8')) as {
      result: { url: string }[]
    }
    return result.map(({ url }) => url)
  })
  const own = `file://${top}/`
  return urls.filter((url) => url.startsWith(own)).map((url) => url.slice(own.length))
}

test('an ordinary start loads nothing of what is there to watch one', async (context) => {
  needs(context, 'root')
  const loaded = await loadedBy('run', '--rm', 'busybox', 'true')
  expect(loaded).toContain('runtime/container/run.ts')
  expect(loaded.filter((path) => watching.test(path))).toEqual([])
})

test('--trace loads what traces, and nothing of what walks', async (context) => {
  needs(context, 'root')
  const loaded = await loadedBy('run', '--rm', '--trace', 'busybox', 'true')
  expect(loaded.filter((path) => watching.test(path))).toEqual(['runtime/cli/trace.ts'])
})

test('what is there to watch a start can be left out, and a container starts', async (context) => {
  needs(context, 'root', 'overlay')
  const [dir, root] = [scratch(), await rootWithBusybox()]
  const args = ['--root', root, 'run', '--rm', 'busybox', 'echo', 'started']
  const run = promisify(execFile)
  await run(process.execPath, [join(top, 'test/unwatched.mjs'), dir, ...args])
  const { stdout } = await run(join(dir, 'dist/stepbox.cjs'), args)
  expect(stdout).toBe('started\n')
})
