/** `--log-driver` and `--log-opt`: what they may be, and what they mean for a log. */
import { UsageError, valueOf, type Typed } from '../command-line.ts'
import type { Container } from '../options.ts'
import type { Log } from './log.ts'

/** Docker's `HostConfig.LogConfig`. */
export interface LogOptions {
  driver: 'json-file' | 'local' | 'none'
  /** As they were typed. */
  options: Record<string, string>
}

declare module '../options.ts' {
  interface ContainerOptions {
    logging?: LogOptions
  }
}

const rotation = ['max-size', 'max-file', 'compress', 'mode']
const known: Record<LogOptions['driver'], string[]> = {
  'json-file': [...rotation, 'labels', 'labels-regex', 'env', 'env-regex'],
  local: rotation,
  none: [],
}

/** What the flags ask for; undefined when they ask for nothing. */
export function loggingIn(typed: Typed): LogOptions | undefined {
  const name = valueOf(typed, 'log-driver') || undefined
  const given = typed.values.get('log-opt') ?? []
  if (name === undefined && given.length === 0) return undefined
  const driver = (name ?? 'json-file') as LogOptions['driver']
  if (!Object.hasOwn(known, driver))
    throw new UsageError(`unknown log driver '${driver}': json-file, local or none`)
  const options: Record<string, string> = {}
  for (const text of given) {
    const [, key = text, value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
    const problem = problemWith(driver, key, value)
    if (problem !== undefined) throw new UsageError(`invalid --log-opt '${text}': ${problem}`)
    options[key] = value
  }
  return { driver, options }
}

function problemWith(driver: LogOptions['driver'], key: string, value: string): string | undefined {
  if (driver === 'none') return 'the driver none takes no options'
  if (!known[driver].includes(key)) return `the driver ${driver} has ${known[driver].join(', ')}`
  if (key === 'max-size' && !(sizeIn(driver, value) > 0)) return 'a size, as 10m'
  if (key === 'max-file' && !/^[1-9]\d{0,3}$/.test(value)) return 'a number of files, 1 to 9999'
  if (key === 'compress' && value !== 'false') return 'files stay as they are: compress=false'
  if (key === 'mode' && value !== 'blocking') return 'a container waits for its log: mode=blocking'
  if (key.endsWith('-regex') && !expressionIn(value)) return 'a regular expression'
  return undefined
}

/** json-file counts in powers of 1000, local in powers of 1024: that is how Docker has it. */
function sizeIn(driver: LogOptions['driver'], text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgt]?)i?b?$/i.exec(text) ?? []
  const power = ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase())
  return Math.floor(Number(number) * (driver === 'local' ? 1024 : 1000) ** power)
}

function expressionIn(text: string): RegExp | undefined {
  try {
    return new RegExp(text)
  } catch {
    return undefined // ignoring: the caller says that it is none
  }
}

/** The log of a container at `path`; undefined if it has none. */
export function logOf(container: Container, path: string): Log | undefined {
  const { driver, options } = container.logging ?? { driver: 'json-file', options: {} }
  if (driver === 'none') return undefined
  const isLocal = driver === 'local'
  const size = options['max-size'] ?? (isLocal ? '20m' : '0')
  const files = Number(options['max-file'] ?? (isLocal ? '5' : '1'))
  const attributes = attributesOf(container, options)
  return { path, maxBytes: sizeIn(driver, size), files, ...(attributes ? { attributes } : {}) }
}

/** Labels and variables that every record has, in the order and the escapes of Go; '' for none. */
function attributesOf({ config, env }: Container, options: Record<string, string>): string {
  const variables = env.flatMap((text) => {
    const [, name, value] = /^([^=]*)=(.*)$/s.exec(text) ?? []
    return name === undefined || value === undefined ? [] : ([[name, value]] as const)
  })
  const labels = Object.entries(config?.Labels ?? {})
  const found = [...wanted('labels', labels), ...wanted('env', variables)]
  if (found.length === 0) return ''
  const sorted = Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)))
  return JSON.stringify(sorted).replace(/[<>&\u2028\u2029]/g, escaped)

  function wanted(option: 'labels' | 'env', all: (readonly [string, string])[]) {
    const names = (options[option] ?? '').split(',')
    const expression = options[`${option}-regex`]
    const matches = expression ? expressionIn(expression) : undefined
    return all.filter(([name]) => names.includes(name) || matches?.test(name))
  }
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
