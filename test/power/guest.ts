/** Tests. The program in the machine: carries out, one by one, what the host asks for. */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { importBusybox } from '../../runtime/05-commit/busybox-image.ts'
import { check } from './check.ts'
import { commit, makeVolume, rm, rmi, run, unmakeVolume } from './operations.ts'
import type { Answer, Request } from './talk.ts'

/** The block device with the data root, and a static busybox. */
const [device = '', busybox = ''] = process.argv.slice(2)
const place = '/mnt/power'
const root = join(place, 'root')

async function carryOut(request: Request): Promise<Answer> {
  if (request.do === 'mount') {
    mkdirSync(place, { recursive: true })
    return command(['mount', '-t', 'ext4', '-o', 'commit=1', device, place])
  }
  if (request.do === 'unmount') return command(['umount', place])
  if (request.do === 'import') return digestOf(await importBusybox(root, busybox))
  if (request.do === 'commit') return digestOf(await commit(root, request.container, request.image))
  if (request.do === 'run') await run(root, request)
  if (request.do === 'rm') await rm(root, request.container)
  if (request.do === 'rmi') await rmi(root, request.image)
  if (request.do === 'volume create') await makeVolume(root, request.volume)
  if (request.do === 'volume rm') await unmakeVolume(root, request.volume)
  if (request.do !== 'check') return {}
  return { problems: await check(root, { ...request, busybox }) }
}

function command(argv: string[]): Answer {
  const { status, stderr } = spawnSync(busybox, argv, { encoding: 'utf8' })
  return status === 0 ? {} : { error: `${argv.join(' ')}: ${stderr.trim()}` }
}

function digestOf({ manifest }: { manifest: { digest: string } }): Answer {
  return { digest: manifest.digest }
}

async function serve(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await carryOut(JSON.parse(line) as Request).catch((error: Error): Answer => {
      return { error: error.message }
    })
    process.stdout.write(`${JSON.stringify(answer)}\n`)
  }
}

void serve()
