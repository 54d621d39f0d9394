/** Ports of the host that lead to the container, held before anything of it is made. */
import { stepOf, type Step } from '../step.ts'
import type { NetPlan } from './net-plan.ts'

const step = stepOf(9)

/**
 * Packets for a published port are turned round before they get to any socket. A socket is bound
 * nevertheless: so nobody else takes the port while the container has it, and who has it is found
 * out now. It belongs to the process that waits for the container, through all of its restarts.
 * Those of SCTP are not held: many kernels have no sockets of that kind.
 */
export function holdPorts(net: NetPlan | undefined): Step[] {
  const held = (net?.ports ?? []).filter(({ protocol }) => protocol !== 'sctp')
  return held.map(({ address, port, protocol, to, fd }) =>
    step(
      ['hold_port', address, port, protocol === 'udp' ? 'SOCK_DGRAM' : 'SOCK_STREAM', fd],
      `leads to ${to.port} in the container; nobody else gets it, and nobody listens to it`,
    ),
  )
}
