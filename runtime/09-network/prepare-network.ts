/** From the network that a container asked for to what its list has of it. */
import type { Setting } from '../chapter.ts'
import type { PlanOptions } from '../options.ts'
import type {} from './net-plan.ts'

export function prepareNetwork({ container }: Setting): Partial<PlanOptions> {
  const { network = 'none', id } = container
  if (network === 'none' || network === 'host') return {}
  const number = 2 + (parseInt(id.slice(0, 4), 16) % 250)
  const hex = number.toString(16).padStart(2, '0')
  return {
    net: {
      ends: [
        {
          network: id,
          bridge: {
            name: 'stepbox0',
            index: 1234567,
            mtu: 1500,
            addresses: [{ address: '172.17.0.1', prefix: 16 }],
          },
          veth: { name: `sbv${id.slice(0, 11)}`, index: 2000000 + number, alias: `${id}-eth0` },
          inside: {
            name: 'eth0',
            index: 2,
            mac: `02:42:ac:11:00:${hex}`,
            addresses: [{ address: `172.17.0.${number}`, prefix: 16 }],
            gateway: '172.17.0.1',
          },
        },
      ],
      ports: [],
      script: '',
      sysctls: [],
    },
  }
}
