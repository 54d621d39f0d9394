/** Records the walks that the pages play: each chapter's container, in a virtual machine. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compact, parseRecording, type Recording } from '../../runtime/tools/walk/recording.ts'
import { root } from '../links.ts'

const run = ['run', '--rm', 'RECORD']
const limits = ['-m', '64m', '--cpus', '0.5', '--pids-limit', '20']

const orders = ['-v', '/srv/orders:/data:ro']
const port = ['-p', '8080:80']

/** What is typed for each chapter; `RECORD` stands for `--record` and a file. */
export const recorded: Record<string, string[]> = {
  '01-namespaces': [...run, '--hostname', 'box', 'sleep', '5'],
  '02-cgroups': [...run, ...limits, '--hostname', 'box', 'sleep', '5'],
  '03-pivot-root': [...run, ...limits, '--hostname', 'box', 'busybox', 'sleep', '5'],
  '04-overlay': [...run, ...limits, '--hostname', 'box', 'busybox', 'sleep', '5'],
  '05-commit': [...run, ...limits, '--hostname', 'box', 'web:1.0', 'sleep', '5'],
  '06-lifecycle': [...run, '-d', ...limits, '--hostname', 'box', 'busybox', 'sleep', '5'],
  '07-exec': ['exec', 'RECORD', 'box', 'sleep', '5'],
  '08-volumes': [...run, ...limits, '--hostname', 'box', ...orders, 'busybox', 'sleep', '5'],
  '09-network': [...run, ...limits, '--hostname', 'box', ...port, 'busybox', 'sleep', '5'],
}

/** What a page says was typed. */
export function shown(slug: string): string | undefined {
  return recorded[slug]?.filter((word) => !['--rm', 'RECORD'].includes(word)).join(' ')
}

/** Commit the image that a walk starts: a layer with a page, and a whiteout. No bridge is made. */
const preparation = [
  'umount /out',
  'stepbox --chapter volumes run --name server busybox ' +
    "sh -c 'mkdir /www; echo hi > /www/index.html; rm /bin/vi'",
  'stepbox commit server web:1.0',
  'mkdir -p /srv/orders',
]

/** The container, called `box`, that the walk of a chapter enters: what is typed after `run`. */
export const entered: Record<string, string[]> = {
  '07-exec': ['--name', 'box', ...limits, '--hostname', 'box', 'busybox', 'sleep', '1000'],
}

/** The folder for the results is not mounted meanwhile: it would be in the pictures. */
const delivery = ['mkdir -p /out', 'mount -t virtiofs share0 /out', 'cp /root/0* /out']

/** Write chapters/NN-slug/walk.json anew. Returns the paths. */
export function recordWalks(): string[] {
  return Object.entries(walksOfToday()).map(([slug, recording]) => {
    const path = `chapters/${slug}/walk.json`
    writeFileSync(join(root, path), asText(recording))
    return path
  })
}

/**
 * The walk of each chapter, by the chapter's folder. The machine has one hierarchy of groups, few
 * mounts, small numbers, and nothing of the machine that this runs on.
 */
export function walksOfToday(): Record<string, Recording> {
  const dir = mkdtempSync(join(tmpdir(), 'stepbox-walks-'))
  try {
    const lines = Object.entries(recorded).flatMap(([slug, words]) => {
      const chapter = Number(slug.slice(0, 2))
      const typed = words.join(' ').replace('RECORD', `--record /root/${slug}`)
      const box = entered[slug]?.join(' ')
      const before = box === undefined ? [] : [`stepbox --chapter ${chapter} run -d ${box}`]
      return [...before, `stepbox --chapter ${chapter} ${typed}`]
    })
    const script = ['set -e', ...preparation, ...lines, ...delivery].join('\n')
    const share = ['--share', `${dir}:/out`]
    const program = join(root, 'dist/stepbox.cjs')
    const machine = [program, 'vm', '--store', ...share, '--', 'sh', '-c', script]
    const { status } = spawnSync(process.execPath, machine, { stdio: ['ignore', 2, 2] })
    if (status !== 0) throw new Error(`the machine ended with ${status}`)
    const slugs = readdirSync(dir).sort()
    const read = (slug: string) => parseRecording(readFileSync(join(dir, slug), 'utf8'))
    return Object.fromEntries(slugs.map((slug) => [slug, read(slug)]))
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** As JSON, a line for each step and each frame, so that a change can be read in a diff. */
function asText(recording: Recording): string {
  const { plan, frames, ...rest } = compact(recording)
  const lines = (all: unknown[]) => all.map((each) => ` ${JSON.stringify(each)}`).join(',\n')
  const head = JSON.stringify(rest).slice(0, -1)
  return `${head},\n"plan": [\n${lines(plan)}\n],\n"frames": [\n${lines(frames)}\n]}\n`
}
