/** Step by step. Options for a list that is looked at and never carried out. */
import { lookAtCgroups } from '../../02-cgroups/cgroups.ts'
import type { PlanOptions } from '../../container/run.ts'

/** A container of one layer, somewhere. The control groups are those of this machine. */
export function onPaper(): PlanOptions {
  return {
    argv: ['sh'],
    env: ['PATH=/bin'],
    hostname: 'box',
    network: 'none',
    group: { name: 'stepbox-<id>', cgroups: lookAtCgroups(), limits: {} },
    root: '/image/rootfs',
    layers: ['init', 'lower0'],
    dir: '/containers/<id>',
    readOnly: false,
  }
}
