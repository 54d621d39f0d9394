/** Why something does not work on a machine, and what to type to change that. */
import type { Attempt, Machine } from './machine.ts'

/** A reason, with a command to type if there is one that helps. */
export interface Cause {
  why: string
  remedy?: string
}

/** The cause of a failed try of any call. */
export function causeOf(machine: Machine, tried: Attempt | undefined): Cause {
  const general = generalCause(machine, tried)
  if (general) return general
  if (!tried) return { why: 'it could not be tried here' }
  if (tried.errno === 'ENOSYS') return { why: 'this kernel is too old, or was built without it' }
  return { why: tried.call ? 'the errno is all that the kernel reports' : 'it printed no more' }
}

/** A cause common to all calls: another system, no native program, or no permission. */
export function generalCause(machine: Machine, tried: Attempt | undefined): Cause | undefined {
  const denied = isDenied(tried) ? deniedCause(machine) : undefined
  return systemCause(machine) ?? programCause(machine) ?? denied
}

/** The call was not permitted. */
export function isDenied(tried: Attempt | undefined): boolean {
  return tried?.errno === 'EPERM' || tried?.errno === 'EACCES'
}

/** The system is not Linux; undefined on Linux. */
export function systemCause({ platform, surroundings }: Machine): Cause | undefined {
  const calls = 'a container is a list of Linux system calls'
  if (platform === 'darwin')
    return { why: `this is macOS; ${calls}`, remedy: 'brew install lima && limactl start && lima' }
  if (platform === 'win32') return { why: `this is Windows; ${calls}`, remedy: 'wsl --install' }
  if (platform !== 'linux') return { why: `this is ${platform}; ${calls}` }
  if (!surroundings.includes('wsl1')) return undefined
  const remedy = 'wsl.exe --set-version $WSL_DISTRO_NAME 2'
  return { why: `WSL 1 has no Linux kernel; ${calls}`, remedy }
}

/** The native program is missing or does not run; undefined if it runs. */
export function programCause({ tries }: Machine): Cause | undefined {
  if (tries.native?.ok) return undefined
  const said = tries.native?.said
  const why = said === undefined ? 'is not built' : `does not run here: ${said}`
  return { why: `the native program, which makes the calls, ${why}`, remedy: 'npm run setup' }
}

function deniedCause(machine: Machine): Cause {
  if (machine.uid !== 0) return rootCause
  if (machine.lacking.length > 0) return lackingCause(machine)
  if (machine.filtered) return filterCause(machine)
  if (machine.mapped) return mappedCause
  const remedy = 'dmesg | grep -i -e apparmor -e avc | tail'
  return { why: 'a security module of the kernel denies it, even to root', remedy }
}

/** An ordinary user is not permitted to do it. */
export const rootCause: Cause = { why: 'this needs root', remedy: 'sudo npx stepbox doctor' }

const mappedCause: Cause = { why: 'this is root of a user namespace only, not of the machine' }

/** The user is root without all of root's capabilities, as in a container. */
export function lackingCause({ lacking, surroundings }: Machine): Cause {
  const names = lacking.slice(0, 2).map((name) => `CAP_${name}`)
  const more = lacking.length > names.length ? ` and ${lacking.length - names.length} more` : ''
  return withRemedy(`this root lacks ${names.join(', ')}${more}`, privileged(surroundings))
}

function filterCause({ surroundings }: Machine): Cause {
  const flags = '--security-opt seccomp=unconfined'
  return withRemedy('a seccomp filter is on this process', privileged(surroundings, flags))
}

/** How to start the surrounding container so that it can start others; undefined without one. */
export function privileged(
  surroundings: Machine['surroundings'],
  flags = '--privileged -v stepbox:/var/lib/stepbox',
): string | undefined {
  if (surroundings.includes('kubernetes')) return 'in the pod: securityContext: {privileged: true}'
  if (surroundings.includes('podman')) return `podman run ${flags} …`
  if (surroundings.includes('docker')) return `docker run ${flags} …`
  if (surroundings.includes('lxc')) return 'lxc config set NAME security.nesting=true'
  return undefined
}

/** A cause with a remedy, if there is one. */
export function withRemedy(why: string, remedy: string | undefined): Cause {
  return remedy === undefined ? { why } : { why, remedy }
}

/** Why a namespace cannot be made: `short` as in sysctls (`net`), `option` as in kernel builds. */
export function namespaceCause(
  machine: Machine,
  tried: Attempt | undefined,
  { short, option }: { short: string; option: string },
): Cause {
  const isUnshare = tried?.call?.startsWith('unshare(')
  if (isUnshare && tried?.errno === 'EINVAL')
    return { why: `this kernel was built without CONFIG_${option}` }
  if (!isUnshare || tried?.errno !== 'ENOSPC') return causeOf(machine, tried)
  const name = `user.max_${short}_namespaces`
  const why = `${name} is ${machine.sysctls[name] ?? 'low'}, so no more can be made`
  return { why, remedy: asRoot(machine, `sysctl -w ${name}=15000`) }
}

/**
 * Why a user namespace cannot be made: distributions restrict them for ordinary users, each in a
 * different way. AppArmor permits unshare but denies the capabilities: a later call fails.
 */
export function userNamespaceCause(machine: Machine, tried: Attempt | undefined): Cause {
  const general = systemCause(machine) ?? programCause(machine)
  if (general || !isDenied(tried))
    return general ?? namespaceCause(machine, tried, { short: 'user', option: 'USER_NS' })
  for (const [name, bad, good] of restrictions)
    if (machine.sysctls[name] === bad) {
      const remedy = asRoot(machine, `sysctl -w ${name}=${good}`)
      return { why: `ordinary users are not permitted to: ${name} is ${bad}`, remedy }
    }
  if (machine.filtered) return filterCause(machine)
  if (machine.mapped) return mappedCause
  return { why: 'the kernel denies it, as it always does inside a chroot' }
}

const restrictions = [
  ['kernel.unprivileged_userns_clone', '0', '1'],
  ['kernel.apparmor_restrict_unprivileged_userns', '1', '0'],
] as const

/** A command line that root needs, with sudo if the user is not root. */
export function asRoot({ uid }: Machine, line: string): string {
  return uid === 0 ? line : `sudo ${line}`
}
