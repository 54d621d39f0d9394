/**
 * Set-up. The programs that tests compare Stepbox with: those of test/peers.json and of each
 * chapter's peers.json, as {"command": "Debian package"}. Loaded after the npm packages are there.
 */
import { aptInstall } from './apt.mjs'
import { onPath } from './machine.mjs'
import { read, tablesNamed } from './made.mjs'

/** Install those that are missing. One that cannot be had is no failure: its tests are blocked. */
export async function installPeers(say) {
  const peers = packageOf()
  const missing = Object.keys(peers).filter((command) => !onPath(command))
  if (missing.length === 0) return { done: `${Object.keys(peers).join(' ')}, as before` }
  const packages = missing.map((command) => peers[command])
  if (await aptInstall(packages, say)) return { done: packages.join(' ') }
  return { done: `missing: ${packages.join(' ')}; the tests that need them are blocked`, ok: false }
}

/** The Debian package of each command. */
function packageOf() {
  return Object.assign({}, ...tablesNamed('peers.json').map((path) => JSON.parse(read(path))))
}
