/** Whether what was read from a state file can be the state of a container. */
import type { Container, ProcessId } from '../options.ts'
import { isName } from './names.ts'

/**
 * What is wrong with the state of container `id`; undefined if nothing is. A file with another
 * container's id, or with a pid such as -1, would lead to what it has no say in.
 */
export function problemIn(state: Container, id: string): string | undefined {
  const { argv, env, hostname, created, started, finished, monitor, init, chapter } = state
  const { status, life } = state
  const { groups, image }: { groups?: unknown; image?: unknown } = state
  const isSound: [field: string, is: boolean][] = [
    ['id', state.id === id],
    ['name', isText(state.name) && isName(state.name)],
    ['argv', isTexts(argv)],
    ['env', isTexts(env)],
    ['hostname', isText(hostname)],
    ['created', isDate(created)],
    ['started', started === undefined || isDate(started)],
    ['finished', finished === undefined || isDate(finished)],
    ['groups', groups === undefined || isTexts(groups)],
    ['image', image === undefined || isImage(image)],
    ['chapter', Number.isInteger(chapter)],
    ['status', ['created', 'running', 'restarting', 'exited'].includes(status)],
    ['life', life === undefined || Number.isInteger(life)],
    ['monitor', isProcess(monitor)],
    ['init', init === undefined || isProcess(init)],
  ]
  const wrong = isSound.find(([, is]) => !is)
  return wrong && `'${wrong[0]}' is wrong`
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isDate(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}

/** What a container remembers of its image: texts, and lists of texts. */
function isImage(value: unknown): boolean {
  const isObject = typeof value === 'object' && value !== null
  return isObject && Object.values(value).every((each) => isText(each) || isTexts(each))
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText)
}

/** Whether it can be the identity of a process. */
export function isProcess(value: ProcessId): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { pid, start, boot, within = '' } = value
  return Number.isInteger(pid) && pid > 0 && Number.isInteger(start) && isText(boot) &&
    isText(within)
}
