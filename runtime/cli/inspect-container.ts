/** What `inspect` says of a container in Docker's words, as scripts and templates name it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { stackIn } from '../04-overlay/stack.ts'
import { logPath } from '../06-lifecycle/lifecycle.ts'
import { mountPoints, mountsAsked } from '../08-volumes/inspect.ts'
import { etcPaths, namesAsked } from '../09-network/inspect-settings.ts'
import { networkSettings, portBindings } from '../09-network/inspect-settings.ts'
import { endingSignal } from '../container/journal.ts'
import { containerDir } from '../container/state.ts'
import { unlessMissing } from '../files.ts'
import { signalNamed } from '../kernel-names.ts'
import type { Container } from '../options.ts'
import { stateOfHealth, stateWord } from './container-status.ts'
import { sizesOf } from './ps-fields.ts'

export interface DockerState {
  HostConfig: object
  [field: string]: unknown
}

/** Docker's time for what has not happened. */
const never = '0001-01-01T00:00:00Z'

/**
 * The fields of Docker's that have a meaning here; sizes only if they are to be measured. A field
 * of a later chapter has the value that it has without that chapter.
 */
export function dockerState(
  root: string,
  container: Container,
  isMeasured: boolean,
): DockerState {
  const { id, name, created, argv, image } = container
  const { written, whole } = isMeasured ? sizesOf(root, container) : { written: 0, whole: 0 }
  return {
    Id: id,
    Created: created,
    Path: argv[0] ?? '',
    Args: argv.slice(1),
    State: stateOf(root, container),
    Image: image?.id ?? '',
    ...etcPaths(root, container),
    LogPath: logOf(root, id),
    Name: `/${name}`,
    RestartCount: container.restarts ?? 0,
    Driver: image ? 'overlay2' : '',
    Platform: 'linux',
    ...(isMeasured ? { SizeRw: written, SizeRootFs: whole } : {}),
    HostConfig: hostConfigOf(container),
    GraphDriver: { Data: image ? directoriesOf(root, id) : null, Name: image ? 'overlay2' : '' },
    Mounts: mountPoints(root, container),
    Config: configOf(container),
    NetworkSettings: networkSettings(root, container),
  }
}

function stateOf(root: string, container: Container): object {
  const { init, exitCode, created, started = created, finished, oomKilled = false } = container
  const word = stateWord(container)
  const health = stateOfHealth(root, container)
  const isRunning = word === 'running' || word === 'paused'
  return {
    Status: word,
    Running: isRunning || word === 'restarting',
    Paused: word === 'paused',
    Restarting: word === 'restarting',
    OOMKilled: oomKilled,
    Dead: false,
    Pid: isRunning ? (init?.pid ?? 0) : 0,
    ExitCode: isRunning ? 0 : (exitCode ?? 0),
    Error: '',
    StartedAt: word === 'created' ? never : started,
    FinishedAt: finished ?? never,
    Health: health, // without one, JSON leaves it out, and a template finds nothing
    StoppedBy: word === 'exited' ? stopperOf(root, container) : '',
  }
}

/** The signal by which `stop` or `kill` ended it; empty if none did. Docker has no such field. */
function stopperOf(root: string, { id }: Container): string {
  const number = endingSignal(containerDir(root, id))
  return number === undefined ? '' : signalNamed(number)
}

/** Where its log is; empty if it has none yet. */
function logOf(root: string, id: string): string {
  const path = logPath(containerDir(root, id), id)
  return existsSync(path) ? path : ''
}

/** The directories of its overlay, which is mounted in its mount namespace only. */
function directoriesOf(root: string, id: string): object {
  const dir = containerDir(root, id)
  const { upper, lowers, init } = unlessMissing(() => stackIn(dir)) ?? { upper: '', lowers: [] }
  return {
    LowerDir: [...(init ? [init] : []), ...lowers].join(':'),
    MergedDir: join(dir, 'merged'),
    UpperDir: upper,
    WorkDir: join(dir, 'work'),
  }
}

/** Limits as Docker has them: 0 is none. */
function hostConfigOf(container: Container): object {
  const { network = 'none', rm, readOnly = false, restart = { name: 'no' } } = container
  const { logging = { driver: 'json-file', options: {} } } = container
  const asked = { ...container } as Partial<Record<string, unknown>>
  const limits = (container.limits ?? {}) as Partial<Record<string, number | string | boolean>>
  const { memoryBytes = 0, cpus = 0 } = container.limits ?? {}
  return {
    ...mountsAsked(container),
    ...namesAsked(container),
    NetworkMode: network,
    PortBindings: portBindings(container),
    PublishAllPorts: container.publishesAll ?? false,
    RestartPolicy: { Name: restart.name, MaximumRetryCount: restart.most ?? 0 },
    LogConfig: { Type: logging.driver, Config: logging.options },
    Init: container.hasInit ?? null,
    ContainerIDFile: container.cidFile ?? '',
    ...(container.annotations ? { Annotations: container.annotations } : {}),
    AutoRemove: rm,
    CapAdd: null,
    CapDrop: null,
    GroupAdd: asked['groupAdd'] ?? null,
    IpcMode: asked['ipcMode'] ?? 'private',
    OomScoreAdj: asked['oomScoreAdj'] ?? 0,
    PidMode: asked['pidMode'] ?? '',
    UTSMode: asked['utsMode'] ?? '',
    Privileged: false,
    ReadonlyRootfs: readOnly,
    ShmSize: asked['shmBytes'] ?? 64 * 2 ** 20,
    Sysctls: container.sysctls ?? null,
    Ulimits: (container.ulimits ?? []).map(({ name, soft, hard }) => ({
      Name: name,
      Hard: hard,
      Soft: soft,
    })),
    Runtime: 'stepbox',
    CpuShares: limits['cpuShares'] ?? 0,
    Memory: memoryBytes,
    NanoCpus: Math.round(cpus * 1e9),
    CgroupParent: asked['cgroupParent'] ?? '',
    BlkioWeight: limits['blkioWeight'] ?? 0,
    CpuPeriod: limits['cpuPeriodUs'] ?? 0,
    CpuQuota: limits['cpuQuotaUs'] ?? 0,
    CpusetCpus: limits['cpusetCpus'] ?? '',
    CpusetMems: limits['cpusetMems'] ?? '',
    MemoryReservation: limits['memoryReservationBytes'] ?? 0,
    MemorySwap: limits['memorySwapBytes'] ?? 2 * memoryBytes,
    MemorySwappiness: limits['memorySwappiness'] ?? null,
    OomKillDisable: limits['oomKillDisable'] ?? false,
    PidsLimit: limits['pidsMax'] ?? null,
  }
}

/** How it was started. `Entrypoint` and `Cmd` are told apart only if the chapter records them. */
function configOf(container: Container): object {
  const { hostname, env, cwd, user, terminal, streams, image, config, argv } = container
  const hasInput = streams?.hasInput ?? false
  const isAttached = container.detach !== true
  return {
    Hostname: hostname,
    Domainname: container.domainname ?? '',
    User: config?.User ?? user ?? '',
    AttachStdin: hasInput && isAttached,
    AttachStdout: isAttached,
    AttachStderr: isAttached,
    Tty: terminal !== undefined,
    OpenStdin: hasInput,
    StdinOnce: hasInput && isAttached,
    ExposedPorts: config?.ExposedPorts ?? null,
    Env: env,
    Cmd: config?.Cmd ?? argv,
    Image: image?.name ?? '',
    Volumes: config?.Volumes ?? null,
    WorkingDir: cwd ?? '',
    Entrypoint: config?.Entrypoint ?? null,
    MacAddress: container.endpoints?.[0]?.mac, // the same
    Labels: config?.Labels ?? {},
    Healthcheck: config?.Healthcheck, // the same
    StopSignal: config?.StopSignal ?? '',
    StopTimeout: container.stopTimeout ?? null,
  }
}
