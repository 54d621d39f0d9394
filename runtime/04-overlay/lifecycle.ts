/** A container's layers: laid out when it is created. They go with its directory. */
import { readFileSync } from 'node:fs'
import type { Setting } from '../chapter.ts'
import type { PlanOptions } from '../options.ts'
import { layersLaidOut, layOut } from './init-layer.ts'

export async function prepareLayers(setting: Setting): Promise<Partial<PlanOptions>> {
  const { container, dir } = setting
  const { hostname, network, readOnly = false } = container
  const resolver = network === 'host' ? hostResolver() : ''
  const known = layersLaidOut(dir)
  const layers = known ?? layOut(dir, await setting.layers(), { hostname, resolver })
  return { layers, dir, readOnly }
}

function hostResolver(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8')
  } catch {
    return '' // ignoring: a host without a resolver has none to pass on
  }
}
