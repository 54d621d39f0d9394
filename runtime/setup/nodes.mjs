/**
 * Set-up. Further versions of Node, those of test/nodes.json, in dist/nodes: readers have them, and
 * tests start the program under each.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { lastLines, run } from './machine.mjs'
import { here, read } from './made.mjs'

/** Install those that are missing. One that cannot be had is no failure: its tests are blocked. */
export async function installNodes(say) {
  const versions = Object.entries(JSON.parse(read('test', 'nodes.json')))
  const names = versions.map(([, version]) => version).join(' ')
  const isThere = async ([major, version]) => {
    const path = here('dist/nodes/node_modules', `node-${major}`, 'bin/node')
    return existsSync(path) && (await run(path, ['--version'])).output.trim() === `v${version}`
  }
  const there = await Promise.all(versions.map(isThere))
  if (there.every(Boolean)) return { done: `${names}, as before` }
  const platform = `node-${process.platform}-${process.arch}`
  const packages = versions.map(([major, version]) => `node-${major}@npm:${platform}@${version}`)
  mkdirSync(here('dist/nodes'), { recursive: true })
  writeFileSync(here('dist/nodes/package.json'), '{ "private": true }\n')
  say(`npm install ${platform}, versions ${names}`)
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages]
  const { code, output } = await run('npm', args, { cwd: here('dist/nodes') })
  if (code === 0) return { done: names }
  say(lastLines(output, 3))
  return { done: `missing: ${names}; the tests under them are blocked`, ok: false }
}
