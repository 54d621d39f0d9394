/** Tests. What a network's bridge may be called, and that another's interface is left alone. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { networkDir, readNetwork } from '../../runtime/09-network/networks.ts'
import { namesIn } from '../../runtime/files.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { begunTown, canBuild, town, type Town } from './town.ts'

const option = 'com.docker.network.bridge.name'

/** A host without containers. */
function empty(context: TestContext): Promise<Town> {
  needs(context, 'root', 'container-links', 'nft')
  if (!canBuild()) context.skip('it takes iproute2, nftables, util-linux and busybox')
  return town(join(scratch(), 'data'))
}

/** Which of these interfaces are on the host. */
function linksIn({ on }: Town, ...names: string[]): string[] {
  return names.filter((name) => on('host', ['ip', 'link', 'show', name]).code === 0)
}

test('a network is not made whose bridge could not be its own', async (context) => {
  const here = await empty(context)
  const { root, on, stepbox } = here
  on('host', ['ip', 'link', 'add', 'foreign0', 'type', 'veth'])
  on('host', ['ip', 'link', 'add', 'docker0', 'type', 'bridge'])
  const create = (name: string, bridge: string) =>
    stepbox('network', 'create', '-o', `${option}=${bridge}`, name)
  expect(create('first', 'br7').code).toBe(0)
  expect(linksIn(here, 'br7')).toEqual([]) // its first container makes it
  const wrong: [bridge: string, why: string][] = [
    ...['foreign0', 'docker0', 'lo', 'up0'].map((each): [string, string] => [
      each,
      `existing interface ${each} is not a network's: take another name; `,
    ]),
    ['br7', 'conflicts with network first (br7): networks have same bridge name; take another'],
    ...['stepbox0', 'sb-0123456789ab', 'sbv01234567890'].map((each): [string, string] => [
      each,
      `'${each}' cannot be the name of a bridge: Stepbox chooses stepbox0, `,
    ]),
    ...['', ' ', 'a b', '.', '..', 'a/b', 'a:b', '-a', 'br%d', 'sixteen-bytes-16', 'ü'].map(
      (each): [string, string] => [each, `'${each}' is not the name of an interface: at most 15`],
    ),
    ...['all', 'default'].map((each): [string, string] => [each, 'is the name of no interface in']),
  ]
  for (const [bridge, why] of wrong) {
    const { code, out, err } = create('bad', bridge)
    expect({ bridge, code, out, lines: err.split('\n').length }).toEqual(
      { bridge, code: 1, out: '', lines: 2 },
    )
    expect(err).toContain(why)
  }
  expect(namesIn(join(root, 'networks')).filter((name) => !name.startsWith('.')).sort()).toEqual([
    'bridge', 'first',
  ])
})

test('a further address needs a subnet', async (context) => {
  const { stepbox } = await empty(context)
  const { code, err } = stepbox('network', 'create', '--aux-address', 'a=10.1.0.2', 'bad')
  expect({ code, err }).toEqual({
    code: 1,
    err: 'stepbox: no matching subnet for aux-address 10.1.0.2: it needs --subnet\n',
  })
})

test("another's interface of that name stays, and the network goes", async (context) => {
  const here = await empty(context)
  const { root, on, stepbox } = here
  for (const name of ['br7', 'br8', 'br9']) {
    stepbox('network', 'create', '-o', `${option}=${name}`, name)
    on('host', ['ip', 'link', 'add', name, 'type', 'bridge'])
  }
  const record = readNetwork(root, 'br9')
  const bridge = { ...record?.bridge, name: 'lo' } // as one that is older than the check
  const text = JSON.stringify({ ...record, bridge })
  writeFileSync(join(networkDir(root, 'br9'), 'network.json'), text)
  const removed = (...names: string[]) => ({ code: 0, out: `${names.join('\n')}\n`, err: '' })
  expect(stepbox('network', 'rm', 'br7', 'br9')).toMatchObject(removed('br7', 'br9'))
  expect(stepbox('network', 'prune', '-f').out).toContain('br8')
  expect(stepbox('network', 'ls', '-q', '-f', 'type=custom').out).toBe('')
  expect(linksIn(here, 'br7', 'br8', 'br9', 'lo')).toEqual(['br7', 'br8', 'br9', 'lo'])
})

test('the bridge goes by its number, when nobody is in its network', async (context) => {
  const here = await begunTown(context)
  const { on, stepbox, run } = here
  stepbox('network', 'create', '-o', `${option}=br7`, 'blue')
  run('web', ['--network', 'blue'])
  run('db', ['--network', 'blue'])
  const { code, err } = stepbox('network', 'rm', 'blue')
  const [first = '', second] = err.split('\n')
  expect({ code, second }).toEqual({
    code: 1,
    second:
      '  in it: db, web; to take one out: stepbox network disconnect blue db, or ' +
      'stepbox rm -f db',
  })
  expect(first).toMatch(/ has active endpoints$/)
  stepbox('network', 'disconnect', 'blue', 'db')
  stepbox('rm', '-f', 'web')
  for (const line of ['set br7 down', 'set br7 name br8', 'add br7 type bridge'])
    on('host', ['ip', 'link', ...line.split(' ')])
  const late = stepbox('run', '--rm', '--network', 'blue', 'busybox', 'true')
  expect(late.err).toMatch(/^stepbox: the bridge of network 'blue' would be 'br7', and .*\n$/)
  expect(late.code).toBe(125)
  expect(stepbox('network', 'rm', 'blue')).toMatchObject({ code: 0, err: '' })
  expect(linksIn(here, 'br7', 'br8')).toEqual(['br7'])
})

test('what another data root has of that name stays in the packet filter', async (context) => {
  const here = await begunTown(context)
  const { on, stepbox, run } = here
  const other = join(scratch(), 'data')
  const apart = (...args: string[]) => stepbox('--root', other, ...args)
  const words = ['-o', `${option}=br7`]
  apart('network', 'create', ...words, '--subnet', '10.7.1.0/24', 'red')
  stepbox('network', 'create', ...words, '--subnet', '10.7.2.0/24', 'blue')
  run('web', ['--network', 'blue'])
  expect(apart('network', 'rm', 'red')).toMatchObject({ code: 0, err: '' })
  expect(on('host', ['nft', 'list', 'set', 'inet', 'stepbox', 'bridges']).out).toContain('"br7"')
  expect(linksIn(here, 'br7')).toEqual(['br7'])
})

test("reset leaves the rules to another data root's bridge, however called", async (context) => {
  const here = await begunTown(context)
  const { on, root, stepbox, run } = here
  const other = join(scratch(), 'data')
  stepbox('network', 'create', '-o', `${option}=br7`, 'blue')
  run('web', ['--network', 'blue'])
  stepbox('rm', '-f', 'web')
  const tables = () => on('host', ['nft', 'list', 'tables']).out
  expect(stepbox('--root', other, 'network', 'create', 'red').code).toBe(0)
  expect(stepbox('--root', other, 'reset', '--force').out).not.toContain('table stepbox')
  expect(tables()).toContain('table inet stepbox')
  const { out } = stepbox('--root', root, 'reset', '--force')
  expect(out).toContain('br7')
  expect(out).toContain('table stepbox')
  expect(tables()).toBe('')
})
