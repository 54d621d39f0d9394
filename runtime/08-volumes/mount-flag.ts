/** `--mount`: a mount in words, `type=bind,source=/srv,target=/www,readonly`. */
import { parseSize } from '../02-cgroups/limits.ts'
import { UsageError } from '../command-line.ts'
import { checkWish, type MountWish } from './check-mount.ts'
import { csvFields } from './csv.ts'
import type { AskedMount, Propagation } from './mounts.ts'
import { clean } from './volume-flag.ts'
import { checkVolumeName } from './volumes.ts'

/** Keys and values as they were typed, by key; of a key that may come again, all its values. */
type Fields = Map<string, string[]>

const switches = ['readonly', 'ro', 'volume-nocopy', 'bind-nonrecursive']
const others = [
  ...['type', 'source', 'src', 'target', 'dst', 'destination', 'consistency'],
  ...['bind-propagation', 'bind-recursive', 'volume-label', 'volume-driver', 'volume-opt'],
  ...['volume-subpath', 'tmpfs-size', 'tmpfs-mode'],
]

export const mountKeys = [...switches, ...others]

/** Throws as Docker words it. */
export function parseMount(text: string): AskedMount {
  try {
    return asked(fieldsIn(text))
  } catch (cause) {
    if (!(cause instanceof Mistyped)) throw cause
    const where = `invalid argument ${JSON.stringify(text)} for "--mount" flag`
    throw new UsageError(`${where}: ${cause.message}`, { cause })
  }
}

/** Something that Docker's client refuses. */
class Mistyped extends Error {}

function fieldsIn(text: string): Fields {
  const fields: Fields = new Map()
  for (const field of csvFields(text, (why) => new Mistyped(why))) {
    const equals = field.indexOf('=')
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase()
    if (equals < 0 && !switches.includes(key))
      throw new Mistyped(`invalid field '${field}' must be a key=value pair`)
    if (!mountKeys.includes(key))
      throw new Mistyped(`unexpected key '${key}' in '${field}'`)
    const value = equals < 0 ? 'true' : field.slice(equals + 1)
    check(key, value)
    fields.set(key, [...(fields.get(key) ?? []), value])
  }
  return fields
}

/** Throws if a key cannot have this value. */
function check(key: string, value: string): void {
  const isValid =
    switches.includes(key) ? truth(value) !== undefined
    : key === 'tmpfs-size' ? parseSize(value) !== undefined
    : key === 'tmpfs-mode' ? /^0*[0-3]?[0-7]{1,10}$/.test(value)
    : key === 'bind-recursive' ? /^(enabled|disabled|writable|readonly)$/.test(value)
    : true // prettier-ignore
  if (!isValid) throw new Mistyped(`invalid value for ${key}: ${value}`)
}

/** Go's words for true and false. */
function truth(text: string): boolean | undefined {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true
  return /^(0|f|F|false|FALSE|False)$/.test(text) ? false : undefined
}

function asked(fields: Fields): AskedMount {
  const last = (...keys: string[]) =>
    [...fields].filter(([key]) => keys.includes(key)).flatMap(([, values]) => values).at(-1)
  const isOn = (...keys: string[]) => truth(last(...keys) ?? 'false') ?? false
  const type = (last('type') ?? 'volume').toLowerCase()
  const target = last('target', 'dst', 'destination') ?? ''
  if (type === '') throw new Mistyped('type is required')
  if (target === '') throw new Mistyped('target is required')
  for (const kind of ['volume', 'bind', 'tmpfs'])
    if (kind !== type && [...fields.keys()].some((key) => key.startsWith(`${kind}-`)))
      throw new Mistyped(`cannot mix '${kind}-*' options with mount type '${type}'`)
  const source = last('source', 'src') ?? ''
  const propagation = last('bind-propagation') || undefined
  const readOnly = isOn('readonly', 'ro')
  const none = { hasBindOptions: false, hasVolumeOptions: false }
  const wish: MountWish = { type, source, target, readOnly, ...none }
  checkWish(propagation === undefined ? wish : { ...wish, propagation })
  const consistency = last('consistency')
  const same = {
    ...{ target: clean(target), readOnly, from: 'mount' as const },
    ...(consistency ? { consistency } : {}),
  }
  if (type === 'tmpfs') return { type, ...same, options: tmpfsOptions(last) }
  if (type === 'volume') return { type, ...same, ...volumeFields(fields, source) }
  const below = last('bind-recursive')
  return {
    ...{ type: 'bind', source: clean(source), ...same },
    ...(propagation ? { propagation: propagation as Propagation } : {}),
    ...(isOn('bind-nonrecursive') || below === 'disabled' ? { isAlone: true } : {}),
    ...(below === 'writable' ? { isWritableBelow: true } : {}),
  }
}

function tmpfsOptions(last: (key: string) => string | undefined): string[] {
  const [mode, size] = [last('tmpfs-mode'), last('tmpfs-size')]
  const bytes = parseSize(size ?? '0') ?? 0
  return [
    ...(mode === undefined ? [] : [`mode=${parseInt(mode, 8).toString(8)}`]),
    ...(bytes === 0 ? [] : [`size=${bytes}`]),
  ]
}

function volumeFields(fields: Fields, source: string) {
  if (source !== '') checkVolumeName(source)
  const last = (key: string) => fields.get(key)?.at(-1)
  const pairs = (key: string) => {
    const split = (fields.get(key) ?? []).map((each) => /^([^=]*)=?(.*)$/s.exec(each) ?? [])
    return Object.fromEntries(split.map(([, name = '', value = '']) => [name, value]))
  }
  const [labels, driverOptions] = [pairs('volume-label'), pairs('volume-opt')]
  const [driver, subpath] = [last('volume-driver'), last('volume-subpath')]
  return {
    ...(source === '' ? { isAnonymous: true } : { source }),
    ...(truth(last('volume-nocopy') ?? 'false') ? { noCopy: true } : {}),
    ...(fields.has('volume-label') ? { labels } : {}),
    ...(fields.has('volume-opt') ? { driverOptions } : {}),
    ...(driver ? { driver } : {}),
    ...(subpath ? { subpath } : {}),
  }
}
