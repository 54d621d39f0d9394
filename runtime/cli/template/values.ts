/** Values in templates: what is true, how a value is printed, what a field of it is. */
import { printable } from '../../printable.ts'

/** A value of a template: data, or a function, which stands for a method. */
export type Value = unknown

/** A field that the value does not have. */
export class NoField extends Error {
  readonly field: string
  readonly known: string[]
  constructor(field: string, known: string[]) {
    super(`no field '${field}'`)
    this.field = field
    this.known = known
  }
}

/** Objects with any keys; a missing one is no error, as in a map of Go. */
const maps = ['Attributes', 'Data', 'ExposedPorts', 'Labels', 'Networks', 'Options', 'Ports']
  .concat('PortBindings', 'Tmpfs', 'Volumes')
const isMap = new WeakSet<object>()

/** Made here, for a list or a map that there is none of. */
const isNil = new WeakSet<object>()

/** Lists, also where there is none: Go prints `[]`. */
const lists = ['Args', 'Binds', 'CapAdd', 'CapDrop', 'Cmd', 'Entrypoint', 'Env', 'OnBuild']
  .concat('Mounts', 'VolumesFrom', 'Dns', 'DnsOptions', 'DnsSearch')

/** A field of `value`. Throws NoField if it is no map and has no such field. */
export function fieldOf(value: Value, name: string): Value {
  if (typeof value !== 'object' || value === null) throw new NoField(name, [])
  const has = Object.hasOwn(value, name)
  if (!has && isMap.has(value)) return undefined
  if (!has) throw new NoField(name, Object.keys(value))
  const found = safe((value as Record<string, Value>)[name])
  if (lists.includes(name)) return found ?? nil([])
  if (!maps.includes(name)) return found
  const map = found ?? nil({})
  if (typeof map === 'object') isMap.add(map)
  return map
}

function nil(empty: object): object {
  isNil.add(empty)
  return empty
}

/** What is JSON of a value: a list or a map that there is none of is null. */
export function orNull(value: Value): Value {
  return typeof value === 'object' && value !== null && isNil.has(value) ? null : value
}

/** A word of the data, ready for a terminal; other values as they are. */
export function safe(value: Value): Value {
  return typeof value === 'string' ? printable(value) : value
}

/** Whether `{{if}}` takes it: not the zero value of its type, and not empty. */
export function isTrue(value: Value): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

/** As Go's %v prints it: `[a b]` for a list, `map[k:v]` for a map, `{a b}` for other objects. */
export function shownAs(value: Value, isInner = false): string {
  if (value === undefined) return isInner ? '<nil>' : '<no value>'
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return `[${value.map((each) => shownAs(each, true)).join(' ')}]`
  if (typeof value !== 'object') return isInner ? String(safe(String(value))) : String(value)
  const entries = Object.entries(value as Record<string, Value>)
  if (!isMap.has(value)) return `{${entries.map(([, each]) => shownAs(each, true)).join(' ')}}`
  const pairs = entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${pairs.map(([key, each]) => `${printable(key)}:${shownAs(each, true)}`).join(' ')}]`
}
