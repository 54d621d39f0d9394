/**
 * Options of a volume (`-o type=… -o device=… -o o=…`): what is mounted in place of its directory,
 * in the words of mount(8).
 */

/** Those that the driver `local` knows, and which of the others each needs. */
const needed: Record<string, string[]> = {
  type: ['device'],
  device: ['type'],
  o: ['device', 'type'],
  size: [],
}

/** Throws unless the driver is Docker's own. */
export function checkDriver(name: string, driver = 'local'): void {
  if (driver === 'local' || driver === '') return
  throw new Error(`create ${name}: no volume plugin '${driver}', only the driver 'local'`)
}

/** Throws for options that cannot be meant, in Docker's words; and for what is not taught. */
export function checkOptions(name: string, options: Record<string, string>): void {
  const refuse = (why: string) => {
    throw new Error(`create ${name}: ${why}`)
  }
  for (const option of Object.keys(options))
    if (!Object.hasOwn(needed, option)) refuse(`invalid option: "${option}"`)
  for (const option of Object.keys(options))
    for (const other of needed[option] ?? [])
      if (!Object.hasOwn(options, other)) refuse(`missing required option: "${other}"`)
  if (Object.hasOwn(options, 'size')) refuse('quota size requested but no quota support')
  const { type = '', device = '', o = '' } = options
  if (type === '' || type === 'tmpfs') return
  if (!isBind(o)) refuse(`type=${type} is not supported: tmpfs, or none with o=bind`)
  if (!device.startsWith('/')) refuse(`device=${device} is not an absolute path`)
}

function isBind(o: string): boolean {
  return o.split(',').some((word) => word === 'bind' || word === 'rbind')
}

/** What a container gets in place of the directory of a volume with these options. */
export type InPlace = { kind: 'tree'; source: string } | { kind: 'tmpfs'; options: string }

/** Undefined for a volume that is its directory. */
export function inPlaceOf(options: Record<string, string> = {}): InPlace | undefined {
  const { type = '', device = '', o = '' } = options
  if (type === '') return undefined
  return type === 'tmpfs' ? { kind: 'tmpfs', options: o } : { kind: 'tree', source: device }
}
