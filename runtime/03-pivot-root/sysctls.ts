/** Settings of the kernel that belong to a namespace: each container has its own values. */
import { isOwnNetwork } from '../01-namespaces/namespaces.ts'
import { UsageError } from '../command-line.ts'
import type { PlanOptions } from '../options.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(3)

declare module '../options.ts' {
  interface ContainerOptions {
    /** As `net.ipv4.ip_forward`: a name, and its value. */
    sysctls?: Record<string, string>
  }
  interface PlanOptions {
    sysctls?: Record<string, string>
  }
}

/**
 * Write them while /proc/sys is still writable. In a network namespace of its own nobody outside
 * can be reached through a low port, and no user's ping disturbs another machine: what root alone
 * may do on the host, each user of a container may do in it, as in Docker.
 */
export function sysctls({ network, sysctls: asked = {} }: SysctlOptions): Step[] {
  const open = !isOwnNetwork(network) ? [] : opened.filter(([name]) => asked[name] === undefined)
  return [
    ...open.map(([name, value, why]) => step(['write', pathOf(name), value], why, 'ENOENT')),
    ...Object.entries(asked).map(([name, value]) =>
      step(['write', pathOf(name), value], `it was asked for, and holds in this namespace alone`),
    ),
  ]
}

type SysctlOptions = Pick<PlanOptions, 'network' | 'sysctls'>

const opened = [
  ['net.ipv4.ip_unprivileged_port_start', '0', 'its users may serve on port 80, and need no root'],
  ['net.ipv4.ping_group_range', '0 2147483647', 'its users may ping, and need no set-user-id ping'],
] as const

function pathOf(name: string): string {
  return `/proc/sys/${name.replaceAll('.', '/')}`
}

/** Those of IPC namespaces; of network namespaces all are that are in there. */
const ofIpc = [
  ...['msgmax', 'msgmnb', 'msgmni', 'sem', 'shmall', 'shmmax', 'shmmni', 'shm_rmid_forced'].map(
    (name) => `kernel.${name}`,
  ),
]

/** `NAME=value` each; the last of a name counts. Throws if the value would be the host's. */
export function parseSysctls(
  texts: string[],
  { network, ipc }: { network: string | undefined; ipc: string | undefined },
): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name = '', value] = /^(.*?)=(.*)$/s.exec(text) ?? []
      const isOfNetwork = name.startsWith('net.')
      const isOfIpc = ofIpc.includes(name) || name.startsWith('fs.mqueue.')
      const refuse = (why: string) => new UsageError(`invalid --sysctl '${text}': ${why}`)
      if (value === undefined || (!isOfNetwork && !isOfIpc))
        throw refuse(`NAME=VALUE, of net.*, fs.mqueue.*, ${ofIpc.join(', ')}`)
      if (isOfNetwork && network === 'host')
        throw refuse("with --network host it would be the host's setting")
      if (isOfIpc && ipc === 'host') throw refuse("with --ipc host it would be the host's setting")
      return [name, value]
    }),
  )
}
