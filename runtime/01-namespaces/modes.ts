/** Whose pid, IPC and UTS namespaces a container is in: its own, the host's, another's. */
import { hostname } from 'node:os'
import type { Setting } from '../chapter.ts'
import { UsageError } from '../command-line.ts'
import { findContainer } from '../container/find.ts'
import { shortId, type PlanOptions } from '../options.ts'
import { isAlive } from '../process.ts'
import type {} from './sharing.ts'

interface Asked {
  hostname?: string | undefined
  domainname?: string | undefined
  pidMode?: string | undefined
  ipcMode?: string | undefined
  utsMode?: string | undefined
}

const neighbour = /^container:(.+)$/

/** Throws if there is no such mode, or if the modes exclude what else was asked for. */
export function checkModes({ pidMode, ipcMode, utsMode, hostname, domainname }: Asked): void {
  const check = (flag: string, mode: string | undefined, words: string[]) => {
    if (mode === undefined || words.includes(mode)) return
    if (flag !== 'uts' && neighbour.test(mode)) return
    const accepted = [...words, ...(flag === 'uts' ? [] : ['container:NAME'])].join(', ')
    throw new UsageError(`invalid --${flag} '${mode}': ${accepted}`)
  }
  check('pid', pidMode, ['host'])
  check('ipc', ipcMode, ['none', 'private', 'shareable', 'host'])
  check('uts', utsMode, ['host'])
  if (utsMode === undefined) return
  for (const [flag, value] of Object.entries({ hostname, domainname }))
    if (value !== undefined)
      throw new UsageError(`conflicting options: --${flag} would rename the host with --uts host`)
}

/** The namespaces to share; what the container is called where it has the host's name. */
export function sharedBy({
  container,
  root,
}: Pick<Setting, 'container' | 'root'>): Partial<PlanOptions> {
  const { pidMode, ipcMode, utsMode, network, domainname } = container
  const hasOwnName = container.hostname !== shortId(container.id)
  if (!hasOwnName && (network === 'host' || utsMode === 'host')) container.hostname = hostname()
  const net = namespaceOf(root, network === 'host' ? undefined : network, 'net')
  const [, other] = neighbour.exec(network ?? '') ?? []
  if (!hasOwnName && other !== undefined) container.hostname = findContainer(root, other).hostname
  const pid = namespaceOf(root, pidMode, 'pid')
  const ipc = ipcMode === 'none' ? ipcMode : namespaceOf(root, ipcMode, 'ipc')
  return {
    hostname: container.hostname,
    ...(domainname === undefined ? {} : { domainname }),
    ...(pid ? { pid } : {}),
    ...(ipc ? { ipc } : {}),
    ...(utsMode === 'host' ? { uts: utsMode } : {}),
    ...(net ? { network: net } : {}),
  }
}

function namespaceOf(root: string, mode = '', kind: 'pid' | 'ipc' | 'net') {
  if (mode === 'host') return mode
  const [, name] = neighbour.exec(mode) ?? []
  if (name === undefined) return undefined
  const { init, ipcMode, name: found } = findContainer(root, name)
  if (!init || !isAlive(init)) throw new Error(`container '${found}' is not running`)
  if (kind === 'ipc' && ipcMode !== 'shareable')
    throw new Error(`the IPC of container '${found}' is private: run it with --ipc shareable`)
  return `/proc/${init.pid}/ns/${kind}` as const
}
