/**
 * Set-up. Packages with the published schemas that tests validate against, those of
 * test/validators.json, in dist/validators: too large for everyone who installs Stepbox.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { lastLines, run } from './machine.mjs'
import { here, read } from './made.mjs'

/** Install them if one is missing. Where they cannot be had, their tests are blocked. */
export async function installValidators(say) {
  const wanted = Object.entries(JSON.parse(read('test', 'validators.json')))
  const names = wanted.map(([name]) => name).join(', ')
  const isThere = ([name, version]) => {
    const path = here('dist/validators/node_modules', name, 'package.json')
    return existsSync(path) && JSON.parse(readFileSync(path, 'utf8')).version === version
  }
  if (wanted.every(isThere)) return { done: `${names}, as before` }
  mkdirSync(here('dist/validators'), { recursive: true })
  writeFileSync(here('dist/validators/package.json'), '{ "private": true }\n')
  const packages = wanted.map(([name, version]) => `${name}@${version}`)
  say(`npm install ${packages.join(' ')}`)
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages]
  const { code, output } = await run('npm', args, { cwd: here('dist/validators') })
  if (code === 0) return { done: names }
  say(lastLines(output, 3))
  return { done: `missing: ${names}; what they validate is blocked`, ok: false }
}
