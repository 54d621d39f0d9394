/**
 * Docker's words that Stepbox does not have yet, each with the chapter that brings it. A test fails
 * for a word that has arrived: its line goes when the chapter's row has it.
 */

/** Commands, by the chapter that brings each. */
export const dockerCommands: Record<string, number> = {
  version: 1,
  info: 1,
  update: 2,
  import: 3,
  image: 5,
  container: 6,
  create: 6,
  start: 6,
  stop: 6,
  restart: 6,
  kill: 6,
  pause: 6,
  unpause: 6,
  wait: 6,
  logs: 6,
  rename: 6,
  events: 6,
  exec: 7,
  attach: 7,
  top: 7,
  cp: 7,
  volume: 8,
  network: 9,
  port: 9,
  save: 10,
  load: 10,
  export: 10,
  tag: 10,
  system: 10,
  pull: 11,
  push: 11,
  login: 11,
  logout: 11,
  search: 11,
  manifest: 11,
  registry: 11,
  build: 12,
  builder: 12,
  oci: 15,
  daemon: 16,
  context: 16,
}

/** A flag to come, as it is written, and the chapter that brings it. */
export interface FlagToCome {
  long: string
  short?: string
  chapter: number
}

const runFlags: [chapter: number, longs: string][] = [
  [1, 'domainname env-file group-add net pid ipc uts'],
  [2, 'memory-swap memory-reservation memory-swappiness cpu-period cpu-quota cpuset-mems'],
  [2, 'blkio-weight blkio-weight-device device-read-bps device-read-iops device-write-bps'],
  [2, 'device-write-iops cpu-rt-period cpu-rt-runtime cgroup-parent cgroupns oom-score-adj'],
  [2, 'oom-kill-disable'],
  [3, 'shm-size entrypoint ulimit sysctl'],
  [5, 'platform'],
  [6, 'init restart stop-signal stop-timeout cidfile label-file annotation log-driver log-opt'],
  [6, 'sig-proxy'],
  [7, 'detach-keys health-cmd health-interval health-retries health-start-period health-timeout'],
  [7, 'health-start-interval no-healthcheck'],
  [8, 'mount tmpfs volumes-from'],
  [9, 'network-alias net-alias ip ip6 mac-address expose dns dns-option dns-opt dns-search'],
  [9, 'link-local-ip add-host link'],
  [11, 'pull'],
  [13, 'cap-add cap-drop privileged security-opt device device-cgroup-rule userns'],
  [15, 'runtime'],
  [16, 'use-api-socket'],
]

const withShort: FlagToCome[] = [
  { long: 'detach', short: 'd', chapter: 6 },
  { long: 'label', short: 'l', chapter: 6 },
  { long: 'attach', short: 'a', chapter: 7 },
  { long: 'volume', short: 'v', chapter: 8 },
  { long: 'publish', short: 'p', chapter: 9 },
  { long: 'publish-all', short: 'P', chapter: 9 },
  { long: 'quiet', short: 'q', chapter: 11 },
]

const ofRun = [
  ...withShort,
  ...runFlags.flatMap(([chapter, longs]) => longs.split(' ').map((long) => ({ long, chapter }))),
]

/** Flags to come, by the command that they belong to. */
export const dockerFlags: Record<string, FlagToCome[]> = {
  run: ofRun,
  plan: ofRun,
  rm: [{ long: 'volumes', short: 'v', chapter: 8 }],
  stats: ['all', 'no-stream', 'no-trunc'].map((long) => ({ long, chapter: 2 })),
  inspect: ['type', 'size'].map((long) => ({ long, chapter: 2 })),
  ps: ['filter', 'last', 'latest', 'no-trunc', 'size'].map((long) => ({ long, chapter: 6 })),
  images: ['all', 'filter', 'no-trunc'].map((long) => ({ long, chapter: 4 })),
}

/** Docker's words that Stepbox will not have, and why. */
export const notStepbox: Record<string, string> = {
  buildx: "'build' has what it does; several builders are not taught",
  compose: 'it starts several containers from a file, and this course is about one',
  swarm: 'clusters are not taught',
  service: 'clusters are not taught',
  stack: 'clusters are not taught',
  node: 'clusters are not taught',
  secret: 'clusters are not taught',
  config: 'clusters are not taught',
  plugin: 'there are no plugins',
  checkpoint: 'it needs CRIU, and is experimental in Docker',
  trust: 'Docker has retired it',
  '--gpus': 'devices of one vendor are not taught',
  '--storage-opt': 'it needs quotas of particular file systems',
  '--disable-content-trust': 'Docker has retired it',
  '--isolation': 'it is for Windows',
  '--volume-driver': 'there are no plugins',
}
