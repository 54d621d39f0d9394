/** Lays out a container's layers before it starts; they are deleted with its directory. */
import { readFileSync } from 'node:fs'
import type { Setting } from '../chapter.ts'
import type { PlanOptions } from '../options.ts'
import { layersLaidOut, layOut } from './init-layer.ts'

/** Lay out the container's directory unless an earlier call has done so. */
export async function prepareLayers(setting: Setting): Promise<Partial<PlanOptions>> {
  const { container, dir } = setting
  const { hostname, network, readOnly = false } = container
  const resolver = network === 'host' ? hostResolver() : ''
  const laidOut = layersLaidOut(dir)
  const layers = laidOut ?? layOut(dir, await setting.layers(), { hostname, resolver })
  return { layers, dir, readOnly }
}

function hostResolver(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8')
  } catch {
    return '' // ignoring: a host without this file has no resolver to pass on
  }
}
