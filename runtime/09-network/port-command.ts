/** `port`: which ports of the host lead to a container's. */
import { UsageError, type Answer, type Input } from '../command-line.ts'
import { findContainer } from '../container/find.ts'
import { tidy } from '../container/tidy.ts'
import type { HeldPort } from './net-plan.ts'
import type {} from './endpoints.ts'

/** `80/tcp -> 0.0.0.0:8080` for each, or for one port only where it leads. */
export async function portCommand({ runtime, words, failed }: Input): Promise<Answer> {
  const [name = '', asked] = words
  try {
    await tidy(runtime)
    const { net } = findContainer(runtime.root, name)
    const ports = byPort(net?.ports ?? [])
    if (asked === undefined)
      return { lines: ports.map((each) => `${inside(each)} -> ${outside(each)}`) }
    const [port = '', protocol = 'tcp'] = asked.split('/')
    if (!/^\d{1,5}$/.test(port)) 
      throw new UsageError(`invalid port '${asked}': a number, and perhaps its protocol, as 80/tcp`)
    const found = ports.filter((each) => inside(each) === `${Number(port)}/${protocol}`)
    if (found.length > 0) return { lines: found.map(outside) }
    throw new Error(`No public port '${port}/${protocol}' published for ${name}`)
  } catch (error) {
    if (error instanceof UsageError) throw error
    await failed(error)
    return { code: 1 }
  }
}

function inside({ to, protocol }: HeldPort): string {
  return `${to.port}/${protocol}`
}

function outside({ address, port }: HeldPort): string {
  return `${address}:${port}`
}

function byPort(ports: HeldPort[]): HeldPort[] {
  return ports.toSorted((a, b) => a.to.port - b.to.port || (a.protocol < b.protocol ? -1 : 1))
}
