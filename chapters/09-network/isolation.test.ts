/** Tests: who does not reach a container, and whom it does not reach. */
import { expect, test } from 'vitest'
import { answered, bothWays, page, serving, soon } from './calling.ts'
import { addresses, begunTown, type Side, type Town } from './town.ts'

const patience = 120_000
const { host, outside, outside6 } = addresses

/** The addresses that a container has in its only network. */
function addressesOf({ stepbox }: Town, name: string): { four: string; six: string } {
  const each = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.GlobalIPv6Address}}{{end}}'
  const [four = '', six = ''] = stepbox('inspect', '-f', each, name).out.trim().split(' ')
  return { four, six }
}

function reaches({ on }: Town, side: Side, at: string): boolean {
  const ping = at.includes(':') ? 'ping6' : 'ping'
  return on(side, ['busybox', ping, '-c', '1', '-W', '1', at]).code === 0
}

test('two networks do not reach each other, but by what is published', async (context) => {
  const town = await begunTown(context)
  for (const name of ['red', 'blue']) town.stepbox('network', 'create', '--ipv6', name)
  const red = town.run('red', ['--network', 'red', '-p', '8080:80'], ...serving)
  const blue = town.run('blue', ['--network', 'blue'], ...serving)
  await answered(town, '127.0.0.1:8080')
  const pairs: [Side, string][] = [[blue, 'red'], [red, 'blue']]
  for (const [side, other] of pairs) {
    const { four, six } = addressesOf(town, other)
    for (const at of [four, six]) {
      expect(reaches(town, 'host', at)).toBe(true)
      expect(reaches(town, side, at)).toBe(false)
    }
    for (const at of [outside, outside6]) expect(reaches(town, side, at)).toBe(true)
    expect(page(town, 'host', `${four}:80`)).toBe('hello')
    expect(soon(town, side, `${four}:80`)).toBe('nothing') // as in Docker, though it is published
  }
  expect(page(town, blue, `${host}:8080`)).toBe('hello')
}, patience)

test('what is not published is not reached through the host', async (context) => {
  const town = await begunTown(context)
  town.stepbox('network', 'create', '--ipv6', 'six')
  town.run('web', ['--network', 'six', '-p', '8080:80'], ...serving)
  await answered(town, '127.0.0.1:8080')
  const { four, six } = addressesOf(town, 'web')
  town.on('outside', ['ip', 'route', 'add', four, 'via', host])
  town.on('outside', ['ip', 'route', 'add', six, 'via', addresses.host6])
  expect(page(town, 'outside', `${host}:8080`)).toBe('hello')
  expect(soon(town, 'outside', `${four}:80`)).toBe('nothing')
  expect(reaches(town, 'outside', four)).toBe(false)
  expect(reaches(town, 'outside', six)).toBe(false)
}, patience)

test('an internal network reaches nothing outside, and nobody reaches it', async (context) => {
  const town = await begunTown(context)
  town.stepbox('network', 'create', '--internal', '--ipv6', 'inner')
  const shut = town.run('shut', ['--network', 'inner', '-p', '8080:80'], ...serving)
  const beside = town.run('beside', ['--network', 'inner'])
  const web = town.run('web', ['-p', '8081:80'], ...serving)
  await answered(town, '127.0.0.1:8081')
  const { four, six } = addressesOf(town, 'shut')
  for (const at of [four, six]) expect(reaches(town, beside, at)).toBe(true)
  for (const at of [outside, outside6, addressesOf(town, 'web').four])
    expect(reaches(town, shut, at)).toBe(false)
  expect(soon(town, shut, `${host}:8081`)).toBe('nothing') // as in Docker
  town.on('outside', ['ip', 'route', 'add', four, 'via', host])
  town.on('outside', ['ip', 'route', 'add', six, 'via', addresses.host6])
  for (const side of ['outside', web] as const) expect(reaches(town, side, four)).toBe(false)
  expect(reaches(town, 'outside', six)).toBe(false)
  expect(page(town, 'host', '127.0.0.1:8080')).toBe('refused')
  expect(town.stepbox('port', 'shut').out).toBe('')
}, patience)

test('with enable_icc=false neighbours do not reach each other', async (context) => {
  const town = await begunTown(context)
  const option = 'com.docker.network.bridge.enable_icc=false'
  town.stepbox('network', 'create', '-o', option, 'apart')
  const one = town.run('one', ['--network', 'apart', '-p', '8080:80'], ...serving)
  const two = town.run('two', ['--network', 'apart'], ...serving)
  await answered(town, '127.0.0.1:8080')
  for (const passes of bothWays(town)) {
    passes()
    expect(reaches(town, one, addressesOf(town, 'two').four)).toBe(false)
    expect(soon(town, two, `${addressesOf(town, 'one').four}:80`)).toBe('nothing')
    expect(soon(town, two, `${host}:8080`)).toBe('nothing') // as in Docker
  }
  expect(reaches(town, two, outside)).toBe(true)
}, patience)
