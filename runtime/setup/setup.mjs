/**
 * Set-up. Makes what a fresh checkout needs: npm packages, native program, bundles, busybox image.
 * Plain Node, because no package is installed yet. A product that is up to date is left alone.
 */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { realpathSync, renameSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle, keepCompiled } from './bundle.mjs'
import { bundleTests } from './bundle-tests.mjs'
import { isLinux, isRoot, isStatic, lastLines, onPath, run } from './machine.mjs'
import { hash, here, isUpToDate, read, remember, root, state } from './made.mjs'
import { installNodes } from './nodes.mjs'
import { buildMachine, hasPackages, pack, packed } from './pack.mjs'
import { installValidators } from './validators.mjs'

/**
 * Set everything up, with a line of output for each thing done. Gives which of `packages`,
 * `native`, `bundle` and `busybox` are there now. What this machine cannot have is reported, and is
 * no failure; an error sets `failed`.
 */
export async function setup({ withPeers = false, packInto } = {}) {
  const is = { packages: false, native: false, bundle: false, busybox: false, failed: false }
  if (!isNodeNewEnough() || !isWritable()) return { ...is, failed: true }
  delete process.env.STEPBOX_CHAPTER // set in a reader's shell; set-up needs the whole program
  process.stdout.on('error', () => {}) // ignoring: set-up does its work even if nobody reads this
  console.log(bold('Setting up Stepbox'))
  const schemas = installValidators
  const further = withPeers ? { peers, nodes: installNodes, schemas, machine } : {}
  const debs = hasPackages() ? { debian: packed } : {}
  const last = packInto ? { pack: (say) => pack(packInto, findBusybox(), say) } : {}
  const first = { packages, ...debs, native, bundle, tests: bundleTests, busybox }
  const steps = { ...first, ...further, ...last }
  for (const [name, work] of Object.entries(steps)) {
    const start = Date.now()
    let label = name
    const say = (text) => {
      for (const line of text.split('\n')) {
        const printable = line.replace(/(?!\x1b\[\d+m)[\x00-\x1f\x7f-\x9f]/g, '?') // tools' words
        console.log(`  ${label.padEnd(9)} ${printable}`)
        label = ''
      }
    }
    try {
      const { done, ok = true } = await work(say)
      const seconds = (Date.now() - start) / 1000
      say(seconds < 0.1 ? done : `${done} ${dim(`(${seconds.toFixed(1)} s)`)}`)
      is[name] = ok
    } catch (error) {
      say(`failed: ${error.message}`)
      is.failed = true
      if (name === 'packages') break
    }
  }
  if (is.bundle) await keepCompiled(isRoot && is.native && is.busybox)
  if (is.native && !isRoot)
    console.log('  You are not root: `run` and `commit` will say what is missing.')
  return is
}

/** The least version is that of package.json: `>=20.19`. */
function isNodeNewEnough() {
  const least = JSON.parse(read('package.json')).engines.node.replace('>=', '')
  const [wantedMajor, wantedMinor] = least.split('.').map(Number)
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return true
  console.error(`Stepbox needs Node ${least} or newer, this is ${process.version}`)
  console.error('  https://nodejs.org/en/download has it for every system')
  return false
}

function isWritable() {
  try {
    accessSync(root, constants.W_OK)
    return true
  } catch ({ code }) {
    const why = code === 'EROFS' ? 'it is mounted read-only' : 'it is not yours to write'
    console.error(`Set-up writes into the checkout ${here()}: ${why} (${code})`)
    console.error(`  cp -r ${quoted(here())} ~/stepbox && cd ~/stepbox && npm run setup`)
    return false
  }
}

/** What to type, wherever one is, to set up again. */
const again = `cd ${quoted(here())} && npm run setup`

function quoted(path) {
  return /^[\w./:=@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}

/** Run `npm ci`, unless npm's record of what it installed agrees with the lock file. */
async function packages(say) {
  const { packages: wanted } = JSON.parse(read('package-lock.json'))
  const names = Object.keys(wanted).filter((name) => name && isForThisMachine(wanted[name]))
  const record = here('node_modules/.package-lock.json')
  const found = existsSync(record) ? JSON.parse(readFileSync(record)).packages : {}
  const isThere = (name) =>
    found[name]?.version === wanted[name].version && existsSync(here(name, 'package.json'))
  if (names.every(isThere)) return { done: `${names.length} npm packages, as before` }
  say('npm ci')
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = process.env.npm_execpath
  const isWindows = process.platform === 'win32'
  const { code, output } = npm?.endsWith('.js')
    ? await run(process.execPath, [npm, ...args], { cwd: root })
    : await run('npm', args, { cwd: root, shell: isWindows })
  if (code !== 0) throw new Error(`npm ci\n${lastLines(output, 8)}`)
  return { done: `${names.length} npm packages` }
}

function isForThisMachine({ optional, os, cpu, libc }) {
  if (!optional) return true
  return Boolean(os?.includes(process.platform) && cpu?.includes(process.arch) && !libc)
}

/** Compile the native program. Without a static C library, say what to install. */
async function native(say) {
  if (!isLinux) return { done: 'not built: containers need Linux', ok: false }
  const sources = readdirSync(here('native'))
    .filter((name) => /\.[ch]$/.test(name))
    .sort()
  const key = hash([process.arch, ...sources.map((name) => read('native', name))])
  if (isUpToDate('native', key, 'native/stepbox')) return { done: 'native/stepbox, as before' }
  const units = sources.filter((name) => name.endsWith('.c')).map((name) => `native/${name}`)
  if (!onPath('musl-gcc')) await installed(['musl-tools', 'gcc', 'libc6-dev'], say)
  const problem = await compile(units, say)
  if (/^no compiler|cannot find -l|No such file/m.test(problem ?? '')) {
    say(problem)
    say('not built: there is no C compiler with a static C library here. Install one with')
    say('  Debian, Ubuntu   apt-get install musl-tools gcc libc6-dev')
    say('  Fedora           dnf install gcc glibc-static')
    say('  Alpine           apk add gcc musl-dev linux-headers')
    return { done: `and then: ${again}; 'plan' and the texts work without`, ok: false }
  }
  if (problem) throw new Error(problem)
  remember('native', key, 'native/stepbox')
  return { done: 'native/stepbox' }
}

/**
 * Gives the problem, if there is one. musl comes first: its program starts in 0.1 ms where glibc's
 * takes 0.6 ms in a virtual machine, because glibc executes CPUID, which leaves the guest each
 * time. A new compiler may have new warnings: they stop only CI.
 */
async function compile(units, say) {
  const cc = onPath('musl-gcc', 'cc', 'gcc', 'clang')
  if (!cc) return 'no compiler'
  const flags = ['-O2', '-static', '-Wall', '-Wextra', '-Werror']
  say(`${basename(cc)} ${flags.join(' ')} -o native/stepbox native/*.c`)
  mkdirSync(here('dist'), { recursive: true })
  const out = ['-o', 'dist/native.new', ...units]
  const strict = await run(cc, [...flags, ...out], { cwd: root })
  const isWarning = strict.output.includes('-Werror=') && !process.env.CI
  const lax = isWarning ? await run(cc, [...flags.slice(0, -1), ...out], { cwd: root }) : strict
  if (lax.code !== 0) return `cc says\n${complaints(lax.output)}`
  if (isWarning) say(`ignoring warnings:\n${complaints(strict.output)}`)
  renameSync(here('dist/native.new'), here('native/stepbox'))
}

function complaints(output) {
  const lines = output
    .split('\n')
    .filter((line) => /error|warning|cannot find|undefined/.test(line))
  return lines.slice(0, 5).join('\n')
}

/** Make the image busybox:latest in the data root, of a static busybox. */
async function busybox(say) {
  if (!isLinux) return { done: 'not needed here: containers need Linux', ok: false }
  let binary = findBusybox()
  if (!binary && (await installed(['busybox-static'], say))) binary = findBusybox()
  if (!binary) {
    const { aptUnpack } = await import('./apt.mjs')
    mkdirSync(here('dist/busybox'), { recursive: true })
    if (await aptUnpack('busybox-static', here('dist/busybox'), say)) binary = findBusybox()
  }
  if (!binary) {
    say('no static busybox here: install `busybox-static` (Debian, Ubuntu, Alpine)')
    return { done: 'or `busybox` (Fedora), and then: stepbox import --busybox', ok: false }
  }
  const dir = dataRoot()
  const makers = ['03-pivot-root/busybox.ts', '05-commit/busybox-image.ts'].map((name) =>
    read('runtime', name),
  )
  const key = hash([binary, String(statSync(binary).mtimeMs), ...makers])
  const hasImage = (root) => {
    const index = join(root, 'index.json')
    return existsSync(index) && readFileSync(index, 'utf8').includes('busybox:latest')
  }
  const { keys = {} } = state().busybox ?? {}
  if (hasImage(dir) && keys[dir] === key) return { done: `busybox:latest in ${dir}, as before` }
  const args = ['--import', 'tsx', 'runtime/setup/import-busybox.ts', binary, dir]
  const { code, output } = await run(process.execPath, args, { cwd: root })
  if (code !== 0) throw new Error(/^.*Error.*$/m.exec(output)?.[0] ?? lastLines(output, 8))
  const others = Object.entries(state().busybox?.keys ?? {}).filter(([other]) => hasImage(other))
  const now = { ...Object.fromEntries(others), [dir]: key }
  remember('busybox', key, undefined, { binary, keys: now })
  return { done: `busybox:latest in ${dir}, from ${binary}` }
}

function findBusybox() {
  const unpacked = ['dist/busybox/bin/busybox', 'dist/busybox/usr/bin/busybox'].map((path) =>
    here(path),
  )
  const found = ['busybox', 'busybox.static', 'busybox-static'].map((name) => onPath(name))
  const last = state().busybox?.binary
  return [last, ...found, ...unpacked].find((path) => path && isStatic(path))
}

/** The command line's default: STEPBOX_ROOT, or one for root, or one for this user. */
function dataRoot() {
  if (process.env.STEPBOX_ROOT) return process.env.STEPBOX_ROOT
  if (isRoot) return '/var/lib/stepbox'
  return join(process.env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'stepbox')
}

/** Loaded late, because it imports zx. */
async function peers(say) {
  const { installPeers } = await import('./peers.mjs')
  return installPeers(say)
}

/** Install Debian packages (apt.mjs). Gives whether they are there now. */
async function installed(packages, say) {
  const { aptInstall } = await import('./apt.mjs')
  return aptInstall(packages, say)
}

/** Build the machines of `stepbox vm`: Debian's kernel, and the one of its backports. */
async function machine() {
  if (!onPath('qemu-system-x86_64')) return { done: 'no QEMU, no machine of its own', ok: false }
  const made = [await buildMachine('stable'), await buildMachine('backports')]
  return { done: `${made.join(' and ')}, for stepbox vm` }
}

const isColoured = process.stdout.isTTY && !process.env.NO_COLOR
export function bold(text) {
  return isColoured ? `\x1b[1m${text}\x1b[0m` : text
}
function dim(text) {
  return isColoured ? `\x1b[2m${text}\x1b[0m` : text
}

if (import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  const at = process.argv.indexOf('--pack')
  const packInto = at < 0 ? undefined : (process.argv[at + 1] ?? 'stepbox.tar')
  const { failed } = await setup({ withPeers: process.argv.includes('--with-peers'), packInto })
  process.exitCode = failed ? 1 : 0
}
