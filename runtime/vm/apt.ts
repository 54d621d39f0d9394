/** Finds and downloads Debian packages without root. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onPath } from '../tools/programs.ts'
import { cacheDir } from './cache.ts'
import { runProgram } from './program.ts'

/** Debian's release, or newer packages built for it. */
export type Suite = 'stable' | 'backports'

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
const mirror = 'http://deb.debian.org/debian'

/**
 * The package that the metapackage `name` depends on in `suite`. The machine's package lists are
 * used if they have it; otherwise Debian's lists are fetched into our cache.
 */
export async function packageOf(
  name: string,
  suite: Suite,
  say: (text: string) => void,
): Promise<string> {
  if (!onPath('apt-get'))
    throw new Error(
      'the kernel is a Debian package, and there is no apt-get here\n' +
        '  give a file to --kernel: https://packages.debian.org/linux-image-cloud-amd64',
    )
  const known = suite === 'stable' ? await dependencyOf(name, []) : undefined
  if (known) return known
  const options = cachedLists(suite)
  say(`fetching the list of ${codename()}${suite === 'stable' ? '' : '-backports'}`)
  const { exitCode, err } = await runProgram(['apt-get', ...options, '-q', 'update'])
  const found = exitCode === 0 ? await dependencyOf(name, options) : undefined
  if (found) return found
  const hint = existsSync(keyring)
    ? ''
    : '\n  its keys are missing: apt-get install debian-archive-keyring'
  const why = err.trim().split('\n').at(-1) || `${mirror} has no ${name} for ${codename()}`
  throw new Error(`cannot get Debian's kernel: ${why}${hint}`)
}

/** Download a package into `dir`. Gives the path of the file; throws if it cannot be had. */
export async function download(name: string, suite: Suite, dir: string): Promise<string> {
  const isListed = suite === 'stable' && (await isKnown(name))
  const options = isListed ? [] : cachedLists(suite)
  const argv = ['apt-get', ...options, '-q', 'download', name]
  const { exitCode, err } = await runProgram(argv, { cwd: dir })
  const file = readdirSync(dir).find((each) => each.endsWith('.deb'))
  if (exitCode === 0 && file) return join(dir, file)
  throw new Error(`cannot download ${name}: ${err.trim().split('\n').at(-1)}`)
}

async function isKnown(name: string): Promise<boolean> {
  return (await runProgram(['apt-cache', 'show', name])).exitCode === 0
}

async function dependencyOf(name: string, options: string[]): Promise<string | undefined> {
  const { exitCode, out } = await runProgram(['apt-cache', ...options, 'depends', '-i', name])
  const found = /^ *(?:Pre)?Depends: (linux-image-\S+)$/m.exec(out.toString())?.[1]
  return exitCode === 0 ? found : undefined
}

/** Options that make apt use one archive, and keep its lists in our cache (apt.conf(5)). */
function cachedLists(suite: Suite): string[] {
  const dir = join(cacheDir(), 'apt', suite)
  for (const each of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(join(dir, each), { recursive: true })
  const name = suite === 'stable' ? codename() : `${codename()}-backports`
  writeFileSync(join(dir, 'sources.list'), `deb [signed-by=${keyring}] ${mirror} ${name} main\n`)
  const settings = {
    'Dir::Etc::SourceList': join(dir, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': join(dir, 'lists'),
    'Dir::Cache': join(dir, 'cache'),
    'APT::Sandbox::User': '',
  }
  return Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])
}

/** The codename of this machine's Debian release; bookworm elsewhere. */
function codename(): string {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  const isDebian = /^ID=debian$/m.test(text)
  return (isDebian ? /^VERSION_CODENAME=(\w+)$/m.exec(text)?.[1] : undefined) ?? 'bookworm'
}
