/** Tests. Many containers in one network: they find each other, cost little, and leave nothing. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { removeNetwork } from '../../runtime/09-network/remove-network.ts'
import { namesIn } from '../../runtime/files.ts'
import { signalTo } from '../../runtime/process.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { until } from '../../test/detached.ts'
import { startIdle } from '../../test/in-process.ts'
import { leftOfNetworks, resolversOf } from '../../test/network-left.ts'
import { runtimeOn } from '../../test/rows.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

const count = process.env['CI'] ? 200 : 50

/** That many are started at the same time: a machine waits more than it works. */
const together = 4

test(`${count} containers of one network`, { timeout: 300_000 }, async (context) => {
  needs(context, 'root', 'overlay', 'container-links', 'nft')
  const root = await rootWithBusybox()
  expect(await stepbox(['network', 'create', 'town'], { root })).toMatchObject({ code: 0 })
  const runtime = await runtimeOn(root)
  const all = await inTurns(Array.from({ length: count }, (_, at) => at), (at) =>
    startIdle(runtime, { name: `house${at}`, network: 'town', rm: true }),
  )
  const addresses = all.map(({ net }) => net?.ends[0]?.inside.addresses[0]?.address)
  expect(new Set(addresses).size).toBe(count)

  const sample = [0, 1, count >> 1, count - 1]
  const asked = sample.flatMap((at) => [`house${at}`, addresses[at]])
  const pings = asked.map((name) => `ping -c 1 -W 20 ${name} > /dev/null && echo ${name}`)
  const words = ['run', '--rm', '--network', 'town', 'busybox', 'sh', '-c', pings.join('; ')]
  const { out, err } = await stepbox(words, { root })
  expect([out.trim().split('\n'), err]).toEqual([asked, ''])

  const resolvers = resolversOf(root).map(privateKilobytes)
  expect(resolvers).toHaveLength(count)
  const monitors = all.map(({ monitor }) => privateKilobytes(monitor.pid))
  expect(Math.min(...resolvers, ...monitors)).toBeGreaterThan(0)
  expect(Math.max(...resolvers) + Math.max(...monitors)).toBeLessThan(1024)

  for (const { init } of all) if (init) signalTo(init, 'SIGKILL') // whose monitors clear up
  await until(() => namesIn(join(root, 'running')).length === 0)
  const groups = all.flatMap((container) => container.groups ?? [])
  expect(groups.filter(existsSync)).toEqual([])
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(root)
  expect(await leftOfNetworks(root, { ids: all.map(({ id }) => id), running: [] })).toEqual([])
  await removeNetwork(runtime, 'town')
})

async function inTurns<T, R>(all: T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = []
  for (let at = 0; at < all.length; at += together)
    done.push(...(await Promise.all(all.slice(at, at + together).map(work))))
  return done
}

/** Memory that no other process shares (proc_pid_smaps(5)). */
function privateKilobytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const lines = text.matchAll(/^Private_(?:Clean|Dirty): +(\d+)/gm)
  return [...lines].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0)
}
