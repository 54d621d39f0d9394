/** Step by step. Why something cannot be done on a machine, and what can be typed against it. */
import type { Attempt, Machine } from './machine.ts'

export interface Cause {
  why: string
  remedy?: string
}

/** Common to all calls: another system, no native program, no root, a container around us. */
export function causeOf(machine: Machine, tried: Attempt | undefined): Cause {
  const general = systemCause(machine) ?? programCause(machine)
  if (general) return general
  if (!tried) return { why: 'nothing was there to try it with' }
  if (isDenied(tried)) return deniedCause(machine)
  if (tried.errno === 'ENOSYS') return { why: 'this kernel is too old, or was built without it' }
  return { why: tried.call ? 'the errno says what the kernel knows' : 'that is what was said' }
}

export function isDenied(tried: Attempt | undefined): boolean {
  return tried?.errno === 'EPERM' || tried?.errno === 'EACCES'
}

/** Undefined on Linux. */
export function systemCause({ platform, surroundings }: Machine): Cause | undefined {
  const calls = "a container is made of Linux's system calls"
  if (platform === 'darwin')
    return { why: `this is macOS; ${calls}`, remedy: 'brew install lima && limactl start && lima' }
  if (platform === 'win32') return { why: `this is Windows; ${calls}`, remedy: 'wsl --install' }
  if (platform !== 'linux') return { why: `this is ${platform}; ${calls}` }
  if (!surroundings.includes('wsl1')) return undefined
  return { why: `WSL 1 is no Linux; ${calls}`, remedy: 'wsl.exe --set-version $WSL_DISTRO_NAME 2' }
}

/** Undefined where the native program is there and runs. */
export function programCause({ tries }: Machine): Cause | undefined {
  if (tries.native?.ok) return undefined
  const said = tries.native?.said
  const why = said === undefined ? 'it is not built' : `it does not run here: ${said}`
  return { why: `the native program makes the calls, and ${why}`, remedy: 'npm run setup' }
}

function deniedCause(machine: Machine): Cause {
  if (machine.uid !== 0) return rootCause
  if (machine.lacking.length > 0) return lackingCause(machine)
  if (machine.filtered) return filterCause(machine)
  if (machine.mapped) return mappedCause
  const remedy = 'dmesg | grep -i -e apparmor -e avc | tail'
  return { why: 'root may not: a security module of the kernel says no', remedy }
}

export const rootCause: Cause = { why: 'this needs root', remedy: 'sudo npx stepbox doctor' }

const mappedCause: Cause = { why: 'this is the root of a user namespace, not of the machine' }

/** Root in a container is root with less. */
export function lackingCause({ lacking, surroundings }: Machine): Cause {
  const names = lacking.slice(0, 2).map((name) => `CAP_${name}`)
  const more = lacking.length > names.length ? ` and ${lacking.length - names.length} more` : ''
  return withRemedy(`this root lacks ${names.join(', ')}${more}`, privileged(surroundings))
}

function filterCause({ surroundings }: Machine): Cause {
  const flags = '--security-opt seccomp=unconfined'
  return withRemedy('a seccomp filter is on this process', privileged(surroundings, flags))
}

/** How a container is started so that it may start containers; undefined outside of one. */
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

export function withRemedy(why: string, remedy: string | undefined): Cause {
  return remedy === undefined ? { why } : { why, remedy }
}

/** Of a kind of namespace: `short` as in sysctls (`net`), `option` as the kernel is built with. */
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
  const why = `${name} is ${machine.sysctls[name] ?? 'low'}, and no more may be made`
  return { why, remedy: asRoot(machine, `sysctl -w ${name}=15000`) }
}

/**
 * User namespaces are what distributions restrict for ordinary users, each by a means of its own.
 * AppArmor lets the namespace be made, and denies the capabilities in it: a later call fails.
 */
export function userNamespaceCause(machine: Machine, tried: Attempt | undefined): Cause {
  const general = systemCause(machine) ?? programCause(machine)
  if (general || !isDenied(tried))
    return general ?? namespaceCause(machine, tried, { short: 'user', option: 'USER_NS' })
  for (const [name, bad, good] of restrictions)
    if (machine.sysctls[name] === bad) {
      const remedy = asRoot(machine, `sysctl -w ${name}=${good}`)
      return { why: `ordinary users may not: ${name} is ${bad}`, remedy }
    }
  if (machine.filtered) return filterCause(machine)
  if (machine.mapped) return mappedCause
  return { why: 'the kernel refuses it; inside a chroot it always does' }
}

const restrictions = [
  ['kernel.unprivileged_userns_clone', '0', '1'],
  ['kernel.apparmor_restrict_unprivileged_userns', '1', '0'],
] as const

/** A line as whoever we are has to type it. */
export function asRoot({ uid }: Machine, line: string): string {
  return uid === 0 ? line : `sudo ${line}`
}
