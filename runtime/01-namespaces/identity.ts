/** Who runs the command, and its environment, looked up in the files of its root file system. */
import type { ContainerOptions, PlanOptions } from '../options.ts'
import { accountIn, type Account } from './accounts.ts'
import { environment } from './environment.ts'
import type { Merging } from './in-root.ts'

/** For a `/` that the directories `trees`, topmost first, are merged to. */
export async function identityIn(
  trees: string[],
  { asked, hostname, merging }: IdentityOptions,
): Promise<Partial<PlanOptions>> {
  return identityOf(await accountIn(asked, trees, merging), asked, { hostname })
}

interface IdentityOptions {
  asked: ContainerOptions
  hostname: string
  merging?: Merging
}

/** What the plan of a container with this account is made of. Root alone is the default there. */
export function identityOf(
  { home, ...user }: Account,
  asked: ContainerOptions,
  { hostname }: Pick<PlanOptions, 'hostname'>,
): Partial<PlanOptions> {
  const isDefault = user.uid === 0 && user.gid === 0 && user.groups.length === 1
  return {
    env: environment(asked.env, { hostname, home }),
    ...(isDefault ? {} : { user }),
  }
}
