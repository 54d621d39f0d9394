/** Lays out a container's layers before it starts; they are deleted with its directory. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { identityIn } from '../01-namespaces/identity.ts'
import type { TreeLevel } from '../01-namespaces/in-root.ts'
import type { Setting } from '../chapter.ts'
import type { ContainerOptions, PlanOptions } from '../options.ts'
import { stepOf } from '../step.ts'
import { batches, type Batches } from './batches.ts'
import { layersLaidOut, layOut } from './init-layer.ts'
import { isWhiteout, opaqueMark } from './stack.ts'

const step = stepOf(4)

/** Lay out the container's directory unless an earlier call has done so. */
export async function prepareLayers(setting: Setting): Promise<Partial<PlanOptions>> {
  const { container, dir } = setting
  const { hostname, network, readOnly = false } = container
  const laidOut = layersLaidOut(dir)
  if (laidOut) return { layers: laidOut, dir, readOnly }
  const resolver = (network === 'host' && ofHost('/etc/resolv.conf')) || ''
  const hosts = network === 'host' ? ofHost('/etc/hosts') : undefined
  const files = { hostname, resolver, ...(hosts === undefined ? {} : { hosts }) }
  return { layers: layOut(dir, await setting.layers(), files), dir, readOnly }
}

/** What a container with the host's network is told about it. */
function ofHost(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // ignoring: a host without this file has nothing to pass on
  }
}

/** Look up who runs the command as the overlay will show it, which is not mounted yet. */
export async function identityInLayers(
  asked: ContainerOptions,
  { dir, layers, hostname }: PlanOptions,
): Promise<Partial<PlanOptions>> {
  const names = ['upper', ...layers]
  let program: Batches | undefined // nearly always none is needed
  const isAnyOpaque = async (levels: TreeLevel[]) => {
    // The container-init layer has no such directory, and of a layer itself the kernel ignores it.
    const marked = levels.filter(({ tree, isTop }) => !isTop && names[tree] !== 'init')
    if (marked.length === 0) return false
    program ??= batches([])
    return areAnyOpaque(program, marked)
  }
  const merging = { isWhiteout, isAnyOpaque }
  try {
    return await identityIn(names.map((name) => resolve(dir, name)), { asked, hostname, merging })
  } finally {
    await program?.end()
  }
}

/** Node has no call for extended attributes, so the native program makes it. */
async function areAnyOpaque(program: Batches, levels: TreeLevel[]): Promise<boolean> {
  const list = levels.map(({ fd }) =>
    step(['llistxattr', `/proc/${process.pid}/fd/${fd}/.`], 'an opaque directory hides others'),
  )
  const answers = await program.make(list)
  return answers.some(({ answer }) => answer.toString('latin1').split('\0').includes(opaqueMark))
}
