/** Tests. What cheats hand in changes no result but their own, which is a failure, and no host. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test, type TestContext, vi } from 'vitest'
import { lookAtCgroups } from '../../runtime/02-cgroups/cgroups.ts'
import type { Check } from '../../runtime/chapter-lab.ts'
import { judge, type Verdict } from '../../runtime/lab/judge.ts'
import { deviceTrees } from '../../runtime/lab/leftovers.ts'
import { learnersSubject } from '../../runtime/lab/subject.ts'
import { sentence, speaker } from '../../runtime/sentence.ts'
import { importBusybox } from '../../runtime/05-commit/busybox-image.ts'
import { busyboxBinary } from '../../runtime/setup/busybox.ts'
import { unpacked } from '../busybox.ts'
import { chapters } from '../../chapters/table.ts'
import type { ChapterEntry } from '../../runtime/chapter.ts'
import { needs } from '../scratch.ts'
import { courseOf, type Course } from './proof.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const folder = join(import.meta.dirname, 'cheats')
const cheats = readdirSync(folder).filter((name) => name.endsWith('.ts')).map((name) => {
  const text = readFileSync(join(folder, name), 'utf8')
  const [, what = '', must = ''] = /^\/\/ (.*?): (.*)$/m.exec(text) ?? []
  return { name: name.replace(/\.ts$/, ''), text, what, must }
})

const file = 'chapters/03-pivot-root/plan.ts'

/** Passes for any container whose root is the image, and which sees no mount of the machine. */
const check: Check = {
  id: 'contained',
  exercise: 'planner',
  points: 10,
  isBlackBox: true,
  claim: sentence('a container on its image'),
  judge: async ({ run, word }) => {
    const flags = ['--env', `CANARY_PORT=${port()}`]
    const box = await run({ script: `echo ${word}`, then: 'true', flags })
    const did = sentence('ran a container')
    const expected = sentence('no mount of the host is left')
    const found = (saw: string) => ({
      ...{ did, expected, saw: sentence('{saw}', { saw }), means: expected, hint: expected },
    })
    if (box.failure) return found(box.failure.call)
    if (!box.facts || !box.out().includes(word)) return found('it was not ready')
    const machine = new Set(box.facts.machine.mounts.map(({ device, target }) => device + target))
    const left = box.facts.mounts.filter(({ device, target }) => machine.has(device + target))
    return left.length > 0 ? found(`${left.length} mounts of the machine`) : undefined
  },
}

let server: Server
let reached = 0
const port = () => (server.address() as AddressInfo).port

beforeAll(async () => {
  server = createServer((socket) => {
    reached++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterAll(() => void server.close())

/** One data root for all: what a cheat leaves in it, the next test sees. */
const root = mkdtempSync(join(tmpdir(), 'stepbox-cheats-'))
let image: Promise<unknown> | undefined

afterAll(() => rmSync(root, { recursive: true, force: true }))

async function verdictOn({ chapter, lab, workshop }: Course, text?: string): Promise<Verdict> {
  const subject = learnersSubject(workshop, text === undefined ? {} : { [file]: text })
  const judging = { chapter, lab: { ...lab, checks: [check] }, subject, lacking: new Map() }
  try {
    for await (const verdict of judge(judging)) return verdict
  } finally {
    await subject.close()
  }
  throw new Error('no verdict')
}

async function course(context: TestContext): Promise<Course> {
  needs(context, 'root', 'overlay')
  const entry = chapters.find(({ slug }) => slug === 'pivot-root')
  image ??= importBusybox(root, busyboxBinary())
  await image
  return courseOf(entry as ChapterEntry, { root, layers: await unpacked(root) })
}

/** What a cheat could have changed. */
function host(layers: string[]) {
  const trees = [...lookAtCgroups().hierarchies.map(({ mount }) => mount), ...deviceTrees()]
  const groups = trees.flatMap((tree) => readdirSync(tree))
  const mountinfo = readFileSync('/proc/self/mountinfo', 'utf8') // others mount things, too
  const own = new RegExp(`^stepbox-(lab|planner)-${process.pid}-`)
  return {
    name: hostname(),
    cores: readFileSync('/proc/sys/kernel/core_pattern', 'utf8'),
    mounts: mountinfo.split('\n').filter((line) => line.includes(root) || / \/ \/ /.test(line)),
    groups: groups.filter((name) => own.test(name)),
    images: layers.map((dir) => readdirSync(dir, { recursive: true }).length),
    temporary: readdirSync(join(root, 'tmp')),
    isThere: existsSync('/tmp/x') || existsSync('/pwned'),
  }
}

const say = speaker('en', [])

describe('a cheat that', () => {
  test.for(cheats)('$what: $name', async ({ name, text, must }, context) => {
    const found = await course(context)
    const { layers } = found.workshop
    const secret = `secret-${name}-${process.pid}`
    writeFileSync(join(root, 'secret'), secret)
    const before = host(layers)
    const { status, score, finding, reason } = await verdictOn(found, text)
    expect({ status, score, reason }).toEqual({ status: 'fail', score: 0 })
    const words = finding ? [finding.saw, finding.means].map(say).join('\n') : ''
    expect(words).toMatch(new RegExp(must))
    expect(words).not.toMatch(/root:x:0|secret-|[\u0000-\u0009\u000b-\u001f]/)
    expect(host(layers)).toEqual(before)
    expect(reached).toBe(0)
  })

  test('works beside an honest program does not change its result', async (context) => {
    const found = await course(context)
    const names = ['fork-bomb', 'kill-parent', 'list-socket']
    const some = cheats.filter(({ name }) => names.includes(name))
    const all = [undefined, ...some.map(({ text }) => text), undefined]
    const verdicts = await Promise.all(all.map((text) => verdictOn(found, text)))
    expect(verdicts.map(({ status }) => status)).toEqual(['pass', 'fail', 'fail', 'fail', 'pass'])
  })

  test('came before an honest program does not change its result', async (context) => {
    const found = await course(context)
    const text = readFileSync(join(import.meta.dirname, '../..', file), 'utf8')
    expect((await verdictOn(found, text)).status).toBe('pass')
  })
})
