/** The environment of the command: defaults, the image's variables, those of files and of flags. */
import { closeSync, openSync, readSync } from 'node:fs'
import type { ImageSettings } from '../chapter.ts'
import { UsageError, type Typed } from '../command-line.ts'

/** Docker's default, which is also where busybox has its commands. */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * What was asked for: the image's variables, those of all `--env-file`s, those of all `-e`. The
 * last of a name counts. `NAME` alone has the caller's value. If the caller has none, it
 * stays as it is, and takes the variable away.
 */
export function askedVariables(
  { values }: Pick<Typed, 'values'>,
  { Env }: ImageSettings,
): string[] {
  const files = (values.get('env-file') ?? []).flatMap(variablesIn)
  const flags = (values.get('env') ?? []).map(withCallersValue)
  return [...merged([...(Env ?? []), ...files, ...flags]).values()]
}

/** All variables of the command: `asked` on top of Docker's defaults. */
export function environment(
  asked: string[],
  { hostname, home }: { hostname: string; home: string },
): string[] {
  const defaults = [`PATH=${defaultPath}`, `HOSTNAME=${hostname}`]
  const all = merged([...defaults, ...asked])
  for (const [name, entry] of all) if (!entry.includes('=')) all.delete(name)
  if (['HOME=', undefined].includes(all.get('HOME'))) all.set('HOME', `HOME=${home}`)
  return [...all.values()]
}

/** By their names, each where it first was, as it last was. */
function merged(entries: string[]): Map<string, string> {
  return new Map(entries.map((entry) => [entry.split('=', 1)[0] ?? '', entry]))
}

function withCallersValue(entry: string): string {
  if (entry === '' || entry.startsWith('='))
    throw new UsageError(`invalid variable '${entry}': NAME=value, or NAME alone`)
  if (entry.includes('=')) return entry
  const value = process.env[entry]
  return value === undefined ? entry : `${entry}=${value}`
}

/**
 * The variables in a file, by Docker's rules: one a line, nothing in it is special; blanks before a
 * name do not count; empty lines and those that begin with # are left out.
 */
function variablesIn(file: string): string[] {
  const bytes = read(file)
  if (bytes.includes(0)) throw new UsageError(`env file ${file} has a NUL byte`)
  const lines = bytes.toString('latin1').replace(/^\xef\xbb\xbf/, '').split('\n')
  return lines.flatMap((line, at) => {
    const text = Buffer.from(line.replace(/\r$/, ''), 'latin1')
    const entry = text.toString().replace(/^[ \t]+/, '')
    if (!Buffer.from(text.toString()).equals(text))
      throw new UsageError(`env file ${file} contains invalid utf8 bytes at line ${at + 1}`)
    if (entry === '' || entry.startsWith('#')) return []
    const name = entry.split('=', 1)[0] ?? ''
    const place = `env file ${file}, line ${at + 1}`
    if (name === '') throw new UsageError(`${place}: no variable name on line '${entry}'`)
    if (/[ \t]/.test(name))
      throw new UsageError(`${place}: variable '${name}' contains whitespaces`)
    const value = withCallersValue(entry)
    return value.includes('=') ? [value] : []
  })
}

/** More than execve(2) takes. */
const mostBytes = 4 * 2 ** 20

/** All of a file, which may be a pipe, as in `--env-file <(command)`. */
function read(file: string): Buffer {
  let fd = -1
  try {
    fd = openSync(file, 'r')
    const bytes = Buffer.alloc(mostBytes + 1)
    let length = 0
    for (let got = -1; got !== 0; length += got)
      got = readSync(fd, bytes, length, bytes.length - length, null)
    if (length > mostBytes) throw new Error(`it has more than ${mostBytes} bytes`)
    return bytes.subarray(0, length)
  } catch (error) {
    const { message } = error as Error
    throw new Error(`cannot read env file '${file}': ${message}`, { cause: error })
  } finally {
    if (fd >= 0) closeSync(fd)
  }
}
