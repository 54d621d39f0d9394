/** Tests. Whatever kills a container, its cable, ports, addresses and names go with it. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { leasesIn } from '../../runtime/09-network/leases.ts'
import { readNetwork } from '../../runtime/09-network/networks.ts'
import { listContainers } from '../../runtime/container/find.ts'
import { namesIn } from '../../runtime/files.ts'
import type { Container } from '../../runtime/options.ts'
import { statFields } from '../../runtime/process.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { until } from '../../test/detached.ts'
import { needs } from '../../test/scratch.ts'
import { program } from '../../test/stepbox.ts'
import { canBuild, town } from './town.ts'

interface Row {
  title: string
  flags: string[]
  victims: (container: Container, commandLine: number) => (number | undefined)[]
  /** With nobody left to settle it, the next command does. */
  isLookedFor?: boolean
}

const rows: Row[] = [
  {
    ...{ title: 'the command line, in the foreground', flags: [] },
    victims: (_, commandLine) => [commandLine],
  },
  { title: 'its first process', flags: ['-d'], victims: ({ init }) => [init?.pid] },
  {
    ...{ title: 'its monitor', flags: ['-d'] },
    victims: ({ monitor }) => [monitor?.pid],
  },
  {
    ...{ title: 'both', flags: ['-d'] },
    victims: ({ init, monitor }) => [init?.pid, monitor?.pid],
  },
  {
    ...{ title: 'these and the process between them', flags: ['-d'], isLookedFor: true },
    victims: ({ init, monitor }) => [monitor?.pid, parentOf(init?.pid), init?.pid],
  },
  {
    ...{ title: 'its first process, when it is to be removed', flags: ['-d', '--rm'] },
    victims: ({ init }) => [init?.pid],
  },
]

function parentOf(pid = 0): number {
  return Number(statFields(pid)?.[4])
}

test.for(rows)('$title', { timeout: 120_000 }, async (row, context) => {
  const { flags, victims, isLookedFor } = row
  needs(context, 'root', 'overlay', 'container-links', 'packet-filter')
  if (!canBuild()) context.skip('it takes iproute2, nftables, util-linux and busybox')
  const root = await rootWithBusybox()
  const { on, stepbox } = await town(root)
  stepbox('network', 'create', 'shop')
  const words = ['--network', 'shop', '-p', '8080:80', 'busybox', 'sleep', '600']
  const argv = [process.execPath, '--', program, 'run', ...flags, ...words]
  const commandLine = Number(on('host', ['sh', '-c', started, ...argv]).out)
  const [container] = listContainers(root)
  const id = container?.id ?? 'none'
  const left = () => [
    ...(on('host', ['ip', '-br', 'link']).out.match(/^sbv\w+/gm) ?? []),
    ...(on('host', ['nft', 'list', 'ruleset']).out.match(new RegExp(id, 'g')) ?? []),
    ...(on('host', ['cat', '/proc/net/tcp']).out.match(/:1F90 /g) ?? []),
    ...leasesIn(root, 'shop').map(({ address }) => address),
    ...namesIn(join(root, 'resolving/own')),
  ]
  expect(left().length).toBeGreaterThanOrEqual(5)
  const killed = container ? victims(container, commandLine) : []
  for (const pid of killed) if (pid) process.kill(pid, 'SIGKILL')
  await until(() => {
    if (isLookedFor) stepbox('ps', '-q')
    return left().length === 0 && namesIn(join(root, 'running')).length === 0
  })
})

/** Prints its number once its container runs. */
const started = `
  "$0" "$@" > /dev/null 2>&1 < /dev/null &
  until [ -n "$("$0" "$1" "$2" ps -q)" ]; do sleep 0.1; done; echo $!`

test('a start that was killed when its bridge was made, and not up yet', async (context) => {
  needs(context, 'root', 'overlay', 'container-links', 'packet-filter')
  if (!canBuild()) context.skip('it takes iproute2, nftables, util-linux and busybox')
  const root = await rootWithBusybox()
  const { on, stepbox } = await town(root)
  stepbox('network', 'create', 'shop')
  const { name = '', index = 0 } = readNetwork(root, 'shop')?.bridge ?? {}
  const made = ['ip', 'link', 'add', name, 'index', String(index), 'type', 'bridge']
  const bridges = () => on('host', ['ip', '-br', 'link', 'show', 'type', 'bridge']).out
  expect(on('host', made).err).toBe('')
  expect(stepbox('reset', '--force').out).toContain(`bridge ${name}`)
  expect(bridges()).toBe('')
  on('host', made)
  expect(stepbox('run', '--rm', '--network', 'shop', 'busybox', 'true').err).toBe('')
  expect(bridges()).toContain(`${name} `)
}, 60_000)
