/** `cp -a`: what is copied in belongs to the user that the container was made for. */
import { accountOf } from '../../01-namespaces/accounts.ts'
import { fromBytes } from '../../bytes.ts'
import type { Container } from '../../options.ts'
import { stepOf } from '../../step.ts'
import { rootFd } from '../inside-root.ts'
import type { HeldRoot } from './held-root.ts'
import type { Owner } from './put.ts'

const step = stepOf(7)

/** Most bytes of passwd and group. */
const most = 2 ** 24

/**
 * The user of `container`, as its own passwd and group have it. (Docker looks in the host's.) None
 * if it was made without one: then files keep the ids that they have here.
 */
export async function copyOwner({ program }: HeldRoot, { user }: Container): Promise<Owner> {
  if (user === undefined || user === '') return undefined
  const read = async (path: string) => {
    const why = 'a name of a user means what the container says'
    const [report] = await program.make([step(['read_in_root', rootFd, path, most], why, 'ENOENT')])
    return fromBytes(report?.answer ?? Buffer.of())
  }
  const files = { passwd: await read('/etc/passwd'), group: await read('/etc/group') }
  const { uid, gid } = accountOf({ user }, files)
  return { uid, gid }
}
