/**
 * Set-up. One archive for many machines without a network: the checkout as it was set up here, this
 * Node, the Debian packages with all that they depend on, a static busybox, and the kernel of
 * `stepbox vm`. Where it is unpacked, set-up finds everything in place and fetches nothing.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs'
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { isRoot, lastLines, onPath, run } from './machine.mjs'
import { here, root } from './made.mjs'

/** What a machine of the class may lack. */
const wanted = ['busybox-static', 'e2fsprogs', 'gcc', 'libc6-dev', 'musl-tools']
  .concat('qemu-system-x86', 'strace', 'util-linux')

const debs = here('dist/debs')

/** Write the archive. `busybox` is the path of a static one. */
export async function pack(file, busybox, say) {
  if (!onPath('apt-get')) throw new Error('an archive is made on Debian or Ubuntu: no apt-get here')
  put(busybox, here('dist/busybox/bin/busybox'))
  put(process.execPath, here('dist/node/bin/node'))
  await download(say)
  rmSync(here('dist/cache'), { recursive: true, force: true }) // that of an earlier program
  say(await buildMachine('stable', { STEPBOX_CACHE: here('dist/cache') }))
  const target = resolve(file)
  // Of the machine's parts, only the kernel is the same everywhere.
  const parts = ['disks', 'initramfs', 'qemu'].map((kind) => `dist/cache/${kind}`)
  const left = ['.git', 'book/out', 'dist/nodes', ...parts, target]
  const skipped = new Set(['.git', 'node_modules', basename(target)])
  const names = readdirSync(root).filter((name) => !skipped.has(name))
  const packages = dirname(realpathSync(here('node_modules')))
  // The form posix keeps times to the nanosecond, by which set-up knows what it made.
  const args = ['--format=posix', '--owner=0', '--group=0', '--transform=s,^,stepbox/,S']
  const { code, output } = await run('tar', [
    ...['-cf', `${target}.new`, ...args, ...left.map((each) => `--exclude=${each}`)],
    ...['-C', root, ...names, '-C', packages, 'node_modules'],
  ])
  if (code !== 0) throw new Error(`tar: ${lastLines(output, 2)}`)
  renameSync(`${target}.new`, target)
  return { done: `${target}, ${Math.round(statSync(target).size / 2 ** 20)} MB` }
}

function put(from, to) {
  if (existsSync(to) && realpathSync(from) === realpathSync(to)) return
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, `${to}.new`)
  renameSync(`${to}.new`, to)
}

/** The packages and their dependencies, as a machine would need them that has none at all. */
async function download(say) {
  rmSync(debs, { recursive: true, force: true })
  mkdirSync(join(debs, 'partial'), { recursive: true })
  writeFileSync(join(debs, 'status'), '')
  const settings = { 'Dir::State::status': join(debs, 'status'), 'Dir::Cache::archives': debs }
  const more = { 'APT::Sandbox::User': '', 'APT::Install-Recommends': 'false' }
  const all = Object.entries({ ...settings, ...more })
  const options = ['-y', '-q', '--download-only', ...all.map(([key, value]) => `-o${key}=${value}`)]
  const get = () => run('apt-get', [...options, 'install', ...wanted])
  say(`apt-get --download-only install ${wanted.join(' ')}`)
  let { code, output } = await get()
  if (code !== 0 && isRoot) {
    await run('apt-get', ['-q', 'update'])
    ;({ code, output } = await get())
  }
  if (code !== 0) throw new Error(`apt-get\n${lastLines(output, 4)}`)
  for (const name of readdirSync(debs))
    if (!name.endsWith('.deb')) rmSync(join(debs, name), { recursive: true })
  say(`${readdirSync(debs).length} Debian packages`)
}

/** Set-up's step where an archive was unpacked: install those of its packages that are missing. */
export async function packed(say) {
  if (!isRoot) return { done: 'Debian packages are there; root installs them', ok: false }
  const { output } = await run('dpkg-query', ['-W', '-f=${Package} ${db:Status-Status}\n'])
  const isInstalled = (name) => output.includes(`\n${name} installed`)
  if (wanted.every(isInstalled)) return { done: `${wanted.join(' ')}, as before` }
  const missing = readdirSync(debs).filter((name) => !isInstalled(name.split('_')[0]))
  const { aptInstall } = await import('./apt.mjs')
  const paths = missing.map((name) => join(debs, name))
  const brief = (text) => say(text.replace(paths.join(' '), `${paths.length} files of dist/debs`))
  if (await aptInstall(paths, brief)) return { done: `${missing.length} Debian packages` }
  return { done: 'they do not fit this system: is it the release they were packed on?', ok: false }
}

export const hasPackages = () => existsSync(debs)

/** Build a machine of `stepbox vm`. Gives the release of its kernel. */
export async function buildMachine(kernel, env = {}) {
  const args = [here('dist/stepbox.cjs'), 'vm', '--kernel', kernel, 'build']
  const { code, output } = await run(process.execPath, args, { env: { ...process.env, ...env } })
  if (code !== 0) throw new Error(lastLines(output, 2))
  return `Linux ${/^kernel +(\S+),/m.exec(output)?.[1]}`
}
