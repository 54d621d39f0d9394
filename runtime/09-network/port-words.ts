/** The flags about ports, and what they ask for. */
import type { ImageSettings } from '../chapter.ts'
import { UsageError, type Flag, type Typed } from '../command-line.ts'
import type { ContainerOptions } from '../options.ts'
import type {} from './endpoints.ts'
import { parseExpose, parsePublish } from './publish-flag.ts'

declare module '../chapter.ts' {
  interface ImageSettings {
    /** `80/tcp` each. */
    ExposedPorts?: Record<string, object> | null
  }
}

export const portFlags: Flag[] = [
  {
    ...{ long: 'publish', short: 'p', value: '[[ADDRESS:]PORT:]PORT[/udp]', many: true },
    text: "a port of the host leads to the container's; without one, to any that is free",
  },
  { long: 'publish-all', short: 'P', text: 'publish all that is exposed, on ports that are free' },
  { long: 'expose', value: 'PORT[/udp]', many: true, text: 'a port that it serves, for -P' },
]

/** Ports of the container and of its image. */
export function askedPorts(
  { values, switches }: Typed,
  { ExposedPorts }: ImageSettings,
): Partial<ContainerOptions> {
  const published = words(() => (values.get('publish') ?? []).flatMap(parsePublish))
  const given = words(() => (values.get('expose') ?? []).flatMap(parseExpose))
  const ofFlags = published.map(({ port, protocol }) => `${port}/${protocol}`)
  const exposed = [...new Set([...Object.keys(ExposedPorts ?? {}), ...given, ...ofFlags])]
  return {
    ...(published.length > 0 ? { published } : {}),
    ...(switches.has('publish-all') ? { publishesAll: true } : {}),
    ...(exposed.length > 0 ? { config: { ExposedPorts: served(exposed) } } : {}),
  }
}

function words<T>(parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
  }
}

function served(ports: string[]): Record<string, object> {
  return Object.fromEntries(ports.map((port) => [port, {}]))
}
