/**
 * Docker's words that Stepbox does not have yet, each with the chapter that brings it. A test fails
 * for a word that has arrived: its line goes when the chapter's row has it.
 */

/** Commands, by the chapter that brings each. */
export const dockerCommands: Record<string, number> = {
  save: 10,
  load: 10,
  export: 10,
  tag: 10,
  'system df': 10,
  'system prune': 10,
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
  [11, 'pull'],
  [13, 'cap-add cap-drop privileged security-opt device device-cgroup-rule userns'],
  [15, 'runtime'],
  [16, 'use-api-socket'],
]

const withShort: FlagToCome[] = [
  { long: 'quiet', short: 'q', chapter: 11 },
]

const ofRun = [
  ...withShort,
  ...runFlags.flatMap(([chapter, longs]) => longs.split(' ').map((long) => ({ long, chapter }))),
]

const toCome = (chapter: number, longs: string): FlagToCome[] =>
  longs.split(' ').map((long) => ({ long, chapter }))

/** Flags to come, by the command that they belong to. */
export const dockerFlags: Record<string, FlagToCome[]> = {
  run: ofRun,
  plan: ofRun,
  rmi: [{ long: 'force', short: 'f', chapter: 5 }, ...toCome(5, 'no-prune')],
  import: toCome(5, 'platform'),
}

const clusters = 'clusters are not taught'

/** Docker's words that Stepbox will not have, and why. */
export const notStepbox: Record<string, string> = {
  buildx: "'build' has what it does; several builders are not taught",
  compose: 'it starts several containers from a file, and this course is about one',
  swarm: clusters,
  service: clusters,
  stack: clusters,
  node: clusters,
  secret: clusters,
  config: clusters,
  plugin: 'there are no plugins',
  checkpoint: 'it needs CRIU, and is experimental in Docker',
  trust: 'Docker has retired it',
  'commit --pause': 'a container that runs is always paused for it, as by default in Docker',
  'commit --p': 'a container that runs is always paused for it, as by default in Docker',
  'rm --link': "'run --link' makes an alias on record, not a link of its own to remove",
  'rm --l': "'run --link' makes an alias on record, not a link of its own to remove",
  'network create --config-from': clusters,
  'network create --config-only': clusters,
  'network create --ingress': clusters,
  '--gpus': 'devices of one vendor are not taught',
  '--storage-opt': 'it needs quotas of particular file systems',
  '--disable-content-trust': 'Docker has retired it',
  '--isolation': 'it is for Windows',
  '--volume-driver': 'there are no plugins',
}

/** What to use until a word comes: for a command, or for a flag of any command. */
export const untilThen: Record<string, string> = {
  export: "'stepbox commit' makes an image of it",
  save: 'the store is an OCI layout: skopeo copy oci:ROOT:NAME docker-archive:FILE',
  load: "'stepbox import' makes an image of one layer from a tar archive",
  pull: 'docker export $(docker create NAME) | stepbox import - NAME',
  build: "'stepbox run' and 'stepbox commit -c …', step by step",
  '--privileged': 'containers keep all capabilities until that chapter',
}
