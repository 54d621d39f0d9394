/** Names of containers: those that were typed, and random ones for the rest. */
import { UsageError } from '../command-line.ts'

const adjectives =
  'agile amber bold brave bright calm clever cosy crisp curious daring deep eager early ' +
  'fair fond fresh gentle glad golden happy hidden humble jolly keen kind light lively ' +
  'lucid lucky mellow merry mild modest neat nimble noble open patient plain polite prime ' +
  'proud quick quiet ready rosy round serene sharp shiny silent sleek smart smooth snug ' +
  'solid spry steady still sunny swift tidy vivid warm wise witty young'

const boxes =
  'ark bale barn barrel basin basket bin bottle bowl bucket cabin cage canister carton case ' +
  'cask chest closet cocoon coffer cradle crate crock cube cup drawer drum envelope flask ' +
  'folder garage hangar hive holster jar keg kettle kiosk locker lodge nest nook pail ' +
  'parcel pocket pod pot pouch purse sack safe satchel shed shell shelf silo sleeve tank ' +
  'tent tin trough trunk tube urn vase vat vault vial'

/** `adjective_box`, the same for the same id (hexadecimal digits). */
export function randomName(id: string): string {
  const pick = (words: string, from: number) => {
    const list = words.split(' ')
    return list[parseInt(id.slice(from, from + 6), 16) % list.length] ?? 'plain'
  }
  return `${pick(adjectives, 0)}_${pick(boxes, 6)}_${id.slice(12, 16)}`
}

/** Whether a container can be called so: it is one name of a file, and never a path. */
export function isName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(name)
}

/** Throws when a container cannot be called so. */
export function checkName(name: string): void {
  if (isName(name)) return
  throw new UsageError(
    `invalid name '${name}': letters, digits, '_', '.', '-', a letter or digit first`,
  )
}
