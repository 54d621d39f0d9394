/** Records the layers that the pages show: of one container of chapter 4, and one of chapter 5. */
import { execFileSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { writeFileSync, type Stats } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { opaqueMark, stackIn } from '../../runtime/04-overlay/stack.ts'
import { importBusybox } from '../../runtime/05-commit/busybox-image.ts'
import { findContainer } from '../../runtime/container/find.ts'
import { containerDir } from '../../runtime/container/state.ts'
import { perform } from '../../runtime/native.ts'
import { busyboxBinary } from '../../runtime/setup/busybox.ts'
import { toolStep } from '../../runtime/step.ts'
import { root } from '../links.ts'
import type { FileKind, LayerEntry, RecordedLayers } from './tree.ts'

/** What is typed for each chapter. The last command names the container whose layers are shown. */
const commands: Record<string, string[]> = {
  '04-overlay': [
    `stepbox run --name box busybox sh -c '
  echo hello > /etc/motd
  echo "ada:x:1000:1000::/home:/bin/sh" >> /etc/passwd
  rm /bin/vi
  rm -r /var && mkdir -p /var/log'`,
  ],
  '05-commit': [
    `stepbox run --name server busybox sh -c '
  mkdir /www /www.dist
  echo "<h1>It works</h1>" > /www.dist/index.html
  rm /bin/vi
  rm -r /var && mkdir -p /var/log'`,
    'stepbox commit server web:1.0',
    'stepbox run --name fixed web:1.0 cp -r /www.dist/. /www',
    'stepbox commit fixed web:2.0',
    `stepbox run --name box web:2.0 sh -c '
  echo "<h1>Hello</h1>" > /www/index.html
  rm -r /www.dist'`,
  ],
}

/** Write chapters/NN-slug/layers.json anew. Needs root. */
export async function recordLayers(): Promise<string[]> {
  const paths: string[] = []
  for await (const [slug, layers] of layersOfToday()) {
    const path = `chapters/${slug}/layers.json`
    writeFileSync(join(root, path), asText(layers))
    paths.push(path)
  }
  return paths
}

/** The layers of each chapter that shows some, by the chapter's folder. Needs root. */
export async function* layersOfToday(): AsyncGenerator<[slug: string, layers: RecordedLayers]> {
  for (const [slug, typed] of Object.entries(commands)) yield [slug, await layersOf(slug, typed)]
}

async function layersOf(slug: string, typed: string[]): Promise<RecordedLayers> {
  const dir = mkdtempSync(join(tmpdir(), 'stepbox-layers-'))
  try {
    await importBusybox(dir, busyboxBinary())
    const program = `${process.execPath} ${join(root, 'dist/stepbox.cjs')}`
    const script = ['set -e', `stepbox() { ${program} "$@"; }`, ...typed].join('\n')
    const env = { ...process.env, STEPBOX_ROOT: dir, STEPBOX_CHAPTER: String(parseInt(slug)) }
    execFileSync('bash', ['-c', script], { env, stdio: ['ignore', 2, 2] })
    const { id } = findContainer(dir, 'box')
    const { upper, init = '', lowers } = stackIn(containerDir(dir, id))
    const names = ['upper', 'init', ...lowers.map((_, at) => `lower${at}`)]
    const layers = []
    for (const [at, place] of [upper, init, ...lowers].entries())
      layers.push({ name: names[at] ?? '', entries: await entriesIn(place) })
    return { stepbox: 'layers', version: 1, commands: typed, layers }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** The files in a layer's directory, each directory before what is in it. */
async function entriesIn(dir: string): Promise<LayerEntry[]> {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()
  const entries = names.map((path) => entryOf(dir, path))
  const directories = entries.filter(({ kind }) => kind === 'directory')
  const why = 'which attributes a directory has'
  const reports = await perform(
    directories.map(({ path }) => toolStep(['llistxattr', join(dir, path)], why)),
  )
  for (const [at, entry] of directories.entries()) {
    const attributes = reports[at]?.answer.toString() ?? ''
    if (attributes.split('\0').includes(opaqueMark)) entry.isOpaque = true
  }
  return entries
}

function entryOf(dir: string, path: string): LayerEntry {
  const stat = lstatSync(join(dir, path))
  const kind = kindOf(stat)
  const mode = (stat.mode & 0o7777).toString(8)
  const entry: LayerEntry = { path, kind, mode, sizeBytes: kind === 'file' ? stat.size : 0 }
  return kind === 'link' ? { ...entry, target: readlinkSync(join(dir, path)) } : entry
}

function kindOf(stat: Stats): FileKind {
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'link'
  if (stat.isFile()) return 'file'
  return stat.isCharacterDevice() && stat.rdev === 0 ? 'whiteout' : 'device'
}

/** As JSON, a line for each file. */
function asText({ layers, ...rest }: RecordedLayers): string {
  const blocks = layers.map(({ name, entries }) => {
    const lines = entries.map((each) => `  ${JSON.stringify(each)}`)
    return ` {"name": ${JSON.stringify(name)}, "entries": [\n${lines.join(',\n')}\n ]}`
  })
  return `${JSON.stringify(rest).slice(0, -1)},\n"layers": [\n${blocks.join(',\n')}\n]}\n`
}
