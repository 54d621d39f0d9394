/** Tests. A data root with hostile words wherever there can be words, and what to type there. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { putImage, tarOf } from '../chapters/05-commit/handmade.ts'
import { chapters } from '../chapters/table.ts'
import { nameAnnotation } from '../runtime/05-commit/store/oci.ts'
import type { CommandSpec } from '../runtime/command-line.ts'
import type { Recording } from '../runtime/tools/walk/recording.ts'
import { rootWithBusybox } from './busybox.ts'
import { runs } from './x-rayed.ts'

const chapter = chapters.at(-1)?.number ?? 0

/** Where a word may not be long: blinking, C1, a reversed line. */
const brief = '\x1b[5m\u202e\x85'
const unseen = '\u061c\u200b\ufeff\u2028\u{e0041}'
/** A title for the window, red that blinks, reversed lines, what is not seen, a line to believe. */
const nasty = `\x1b]0;title\x07\x1b[5;41m\x9b5m${brief}\u2066${unseen}\r\b\x7f\nspoof`

/** A word that can be found again in what is printed. */
function hostile(name: string): string {
  return `${name}${nasty}`
}

/** Whether the words of that name are in `text`, written out in one of the notations. */
export function isShown(text: string, name: string): boolean {
  const controls = ['\\x1b', '\\33', '\\u001b']
  const beginnings = controls.flatMap((escape) => [`${escape}]0;`, `${escape}[5m`])
  return beginnings.some((beginning) => text.includes(`${name}${beginning}`))
}

/** The first raw character in `text`, with what is around it; our own colours are none. */
export function rawIn(text: string): string | undefined {
  const ours = /\x1b\[(?:[12379]|2[2-9]|3[1-9]|9\d)m/g
  const controls = String.raw`\x00-\x09\x0b-\x1f\x7f-\x9f`
  const marks = String.raw`\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd`
  const raw = new RegExp(`[${controls}${marks}\\u{e0000}-\\u{e0fff}]|\nspoof`, 'u')
  const plain = text.replace(ours, '')
  const at = plain.search(raw)
  return at < 0 ? undefined : JSON.stringify(plain.slice(Math.max(0, at - 60), at + 20))
}

/** For each word in capitals in a command's usage, the words that are given in its place. */
type Things = Record<string, string[]>

/** With a container that runs, one that has ended, an image that is whole, and damaged ones. */
export async function hostileRoot(): Promise<{ root: string; things: Things }> {
  const usual = await rootWithBusybox()
  const root = `${usual}${nasty.replaceAll('\n', '')}`
  renameSync(usual, root)
  const image = putImages(root)
  const ended = putContainer(root)
  const file = join(root, 'recording')
  writeFileSync(file, JSON.stringify(hostileRecording))
  const { name } = await runs({ root, script })
  const containers = [name, ended]
  const names = [...containers, image]
  return { root, things: { CONTAINER: containers, NAME: names, IMAGE: [image], FILE: [file] } }
}

/** Commands that end when a container does, or not at all, or show what a container has written. */
const lasting = ['attach', 'events', 'logs', 'wait']

/** Switches that wait for somebody, do more than show, or show what a container writes. */
const kept = 'watch follow attach interactive step force totals'.split(' ')

/**
 * The command lines to try: JSON and each switch, for each thing that the usage has a place for,
 * and for words that nothing is called. What can be only shown is only shown.
 */
export function linesOf({ name, usage, flags, words: [, most] }: CommandSpec, things: Things) {
  const words = name.split(' ')
  const places = usage.match(/\b[A-Z]{4,}\b/g)?.filter((place) => things[place]) ?? []
  const [first = [], ...others] = places.map((place) => things[place] ?? [])
  const more = others.map(() => hostile('other'))
  const typed = most > 0 ? [hostile('typed'), ...more] : []
  const isLasting = lasting.includes(name)
  const real = isLasting ? [] : first.map((thing) => [thing, ...more])
  const isKnown = (flag: string) => flags.some(({ long }) => long === flag)
  const dry = ['dry-run', 'no-stream'].filter(isKnown).map((flag) => `--${flag}`)
  const calm = flags.filter(({ long }) => !kept.includes(long))
  const switches = calm.filter(({ value }) => !value)
  const json = isKnown('format') ? [['--format', 'json']] : []
  const forms = [[], ...json, ...switches.map(({ long }) => [`--${long}`])]
  const valued = flags.find(({ value, long }) => value && long !== 'format')
  return [
    ...(valued ? [[...words, `--${valued.long}`, hostile('value'), ...typed]] : []),
    ...(isLasting && most === 0 ? [] : [[...words, ...dry, ...typed]]),
    ...forms.flatMap((form) => real.map((each) => [...words, ...dry, ...form, ...each])),
    ...(most > 0 || isLasting ? [] : forms.map((form) => [...words, ...dry, ...form])),
  ]
}

function putImages(root: string): string {
  const config = hostileIn({
    author: 'author',
    created: 'created',
    config: {
      ...{ Cmd: ['cmd'], Env: ['ENV=env'], WorkingDir: '/workdir' },
      ...{ Labels: { label: 'labelValue' } },
    },
    history: [{ created: 'when', created_by: 'createdBy', comment: 'comment' }],
  })
  const whole = putImage(root, { tars: [tarOf({ [hostile('entry')]: '' })], config })
  const damaged = { ...whole, digest: `sha256:${'0'.repeat(64)}` }
  const unsound = { ...whole, digest: hostile('sha256:digest') }
  const path = join(root, 'index.json')
  const index = JSON.parse(readFileSync(path, 'utf8')) as { manifests: object[] }
  for (const [name, each] of Object.entries({ whole, damaged, unsound }))
    index.manifests.push({ ...each, annotations: { [nameAnnotation]: hostile(name) } })
  writeFileSync(path, JSON.stringify(index))
  const manifest = readFileSync(join(root, 'blobs/sha256', whole.digest.slice(7)), 'utf8')
  return (JSON.parse(manifest) as { config: { digest: string } }).config.digest
}

function putContainer(root: string): string {
  const id = 'c'.repeat(64)
  const words = hostileIn({
    ...{ hostname: 'hostname', argv: ['argv'], env: ['ENV=env'] },
    image: { name: 'imageName', manifest: 'manifest', diffIds: ['diffId'] },
    config: { Labels: { label: 'labelValue' } },
    signal: 'signal',
  })
  const created = '2020-01-01T00:00:00Z'
  const monitor = { pid: 1, start: 0, boot: '' }
  const ended = { version: 2, id, name: 'ended', status: 'exited' }
  const plain = { ...ended, rm: false, chapter, created, monitor }
  const newer = { version: hostile('newer') }
  for (const [name, state] of [[id, { ...words, ...plain }], ['d'.repeat(64), newer]] as const) {
    mkdirSync(join(root, 'containers', name), { recursive: true })
    writeFileSync(join(root, 'containers', name, 'state.json'), JSON.stringify(state))
  }
  return id
}

/** With every string in it made hostile, so that no field is forgotten. */
function hostileIn<T>(data: T): T {
  const nastier = (_: string, value: unknown) =>
    typeof value === 'string' ? hostile(value) : value
  return JSON.parse(JSON.stringify(data), nastier) as T
}

const state = hostileIn({
  ...{ pid: 1, pidInside: 1, session: 1, loopbackUp: true, terminal: true },
  ...{ command: 'command', hostname: 'hostname', root: 'root', cwd: 'cwd', uid: 'uid' },
  ...{ gid: 'gid', uidMap: 'uidMap', capabilities: 'capabilities', umask: 'umask' },
  namespaces: { pid: 'namespace' },
  mounts: [
    {
      ...{ id: 'id', device: 'device', subtree: 'subtree', target: 'target', type: 'type' },
      ...{ source: 'source', options: 'options', propagation: 'propagation' },
    },
  ],
  groups: { dir: { limit: 'limit' } },
  membership: ['membership'],
  descriptors: { 0: 'descriptor' },
  more: { topic: { more: 'more' } },
})

/** A recording is foreign in every field. */
export const hostileRecording: Recording = {
  ...{ stepbox: 'recording', version: 1, recorded: hostile('recorded'), kernel: hostile('kernel') },
  chapter: { number: chapter, slug: hostile('slug') },
  command: [hostile('command')],
  plan: [hostileIn({ step: 1, chapter, name: 'call', strace: 'strace', why: 'why' })],
  start: state,
  frames: [
    {
      index: 0,
      errno: hostile('errno'),
      changes: [{ sign: '+', topic: hostile('topic'), text: hostile('text') }],
      state,
    },
  ],
}

/** In a container: files of all controls, then a host name, interface, mount, program. */
const script = `
for o in 001 002 003 004 005 006 007 010 011 012 013 014 015 016 017 033 037 177 200 233 377
do : > "$(printf "/every\\\\\${o}x")"; done
hostname 'host${brief}'
ip link set lo down; ip link set lo name 'if${brief}'
mkdir '${hostile('/dir')}'; mount -t tmpfs '${hostile('source')}' '${hostile('/dir')}'
cd '${hostile('/dir')}'
printf '#!/bin/sh\\necho ready; while :; do sleep 1000; done\\n' > 'comm${brief}'
chmod +x 'comm${brief}'; exec './comm${brief}' '${hostile('argument')}'`
