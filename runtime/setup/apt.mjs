/**
 * Set-up. Debian packages, installed so that none of their services starts, now or at the next
 * boot. Loaded when a package is missing; zx is there by then.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { $ } from 'zx'
import { isRoot, lastLines, onPath } from './machine.mjs'
import { here } from './made.mjs'

const apt = $({
  quiet: true,
  stdio: ['ignore', 'pipe', 'pipe'],
  nothrow: true,
  env: {
    ...process.env,
    DEBIAN_FRONTEND: 'noninteractive',
    LC_ALL: 'C.UTF-8',
    NEEDRESTART_SUSPEND: '1', // Ubuntu's apt would restart services that use an upgraded library
  },
})
const lock = ['-o', 'DPkg::Lock::Timeout=120']

/**
 * Install Debian packages if this is root on a Debian or Ubuntu. Nothing is asked, and nothing is
 * removed for them. `say` gets a line for each thing done to the machine. Gives whether the
 * packages are installed now.
 */
export async function aptInstall(packages, say) {
  if (!isRoot || !onPath('apt-get')) return false
  const options = [...lock, '-y', '-q', '--no-install-recommends', '--no-remove']
  const before = startedAtBoot()
  const { prefix, release } = await withoutServices(say)
  const install = () => apt`${prefix} apt-get install ${options} ${packages}`
  try {
    say(`apt-get install ${packages.join(' ')}`)
    let result = await install()
    if (result.exitCode !== 0) {
      say('apt-get update, and again')
      await apt`apt-get ${lock} update -q`
      result = await install()
    }
    if (result.exitCode !== 0) say(lastLines(result.text(), 3))
    return result.exitCode === 0
  } finally {
    release()
    await disable(startedAtBoot().filter((link) => !before.includes(link)), say)
  }
}

/** Unpack a Debian package into `dir` without installing it. Needs no root. */
export async function aptUnpack(name, dir, say) {
  if (!onPath('apt-get') || !onPath('dpkg-deb')) return false
  say(`apt-get download ${name}, and unpack it into ${dir}`)
  const download = await apt({ cwd: dir })`apt-get ${lock} download ${name}`
  const deb = readdirSync(dir).find((file) => file.endsWith('.deb'))
  if (download.exitCode !== 0 || !deb) return false
  return (await apt`dpkg-deb -x ${join(dir, deb)} ${dir}`).exitCode === 0
}

/** The two programs through which the scripts of packages start services. */
const starters = ['/usr/sbin/invoke-rc.d', '/usr/bin/deb-systemd-invoke']

/**
 * What to put before `apt-get` so that no service starts, and what to call after it. The starters
 * are covered with a script that does nothing, in a mount namespace that apt-get alone is in. If
 * the namespace cannot be had, as in most containers, /usr/sbin/policy-rc.d forbids services to
 * the whole machine meanwhile (invoke-rc.d(8)).
 */
export async function withoutServices(say) {
  mkdirSync(here('dist'), { recursive: true })
  const nothing = here('dist/start-nothing')
  writeFileSync(nothing, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  const script = `
    for starter in ${starters.join(' ')}; do
      [ ! -e $starter ] || mount --bind "$0" $starter || exit
    done
    exec "$@"`
  const prefix = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script, nothing]
  if ((await apt`${prefix} true`).exitCode === 0) {
    const names = starters.map((path) => basename(path)).join(' and ')
    say(`no service will start: ${names} do nothing, in a mount namespace for apt-get`)
    return { prefix, release() {} }
  }
  const policy = '/usr/sbin/policy-rc.d'
  if (existsSync(policy)) return { prefix: [], release() {} }
  say(`no service will start: ${policy} forbids it until the packages are there`)
  // If set-up is killed, the file that it leaves forbids nothing.
  const text = `#!/bin/sh\nkill -0 ${process.pid} 2>/dev/null && exit 101\nexit 0\n`
  writeFileSync(policy, text, { mode: 0o755 })
  return { prefix: [], release: () => rmSync(policy, { force: true }) }
}

/** The links by which systemd, or a traditional init, starts something at boot. */
function startedAtBoot() {
  const systemd = '/etc/systemd/system'
  const wants = entries(systemd).filter((name) => name.endsWith('.wants'))
  const levels = entries('/etc').filter((name) => /^rc[2-5S]\.d$/.test(name))
  return [
    ...wants.flatMap((dir) => entries(systemd, dir).map((name) => join(systemd, dir, name))),
    ...levels.flatMap((dir) => entries('/etc', dir).map((name) => join('/etc', dir, name))),
  ].filter((path) => path.startsWith(systemd) || basename(path).startsWith('S'))
}

function entries(...path) {
  return existsSync(join(...path)) ? readdirSync(join(...path)) : []
}

/**
 * Take these links away as `systemctl disable` and `update-rc.d disable` do: the package manager
 * keeps its notes, and does not enable the services again when it upgrades the packages.
 */
async function disable(links, say) {
  if (links.length === 0) return
  const units = links.filter((path) => path.startsWith('/etc/systemd'))
  const scripts = links.map((path) => /^\/etc\/rc.\.d\/S\d\d(.+)/.exec(path)?.[1]).filter(Boolean)
  const names = [...new Set([...units.map((path) => basename(path)), ...scripts])]
  say(`nor at boot: ${names.join(' ')} (systemctl enable NAME changes that)`)
  for (const name of new Set(scripts)) await apt`update-rc.d ${name} disable`
  if (units.length > 0) await apt`systemctl disable ${units.map((path) => basename(path))}`
  for (const path of units) rmSync(path, { force: true }) // a machine without systemctl
}
