/** Tests. Containers of a network find each other by name, and what they are told is true. */
import { describe, expect, test, type TestContext } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

/** A data root with a network `shop`, and in it a container `data` that is also called `store`. */
async function shop(context: TestContext) {
  needs(context, 'root', 'overlay', 'nft')
  const root = await rootWithBusybox()
  const run = (...args: string[]) => stepbox(args, { root })
  const ok = async (...args: string[]) => {
    const ended = await run(...args)
    expect({ args, err: ended.err, code: ended.code }).toEqual({ args, err: '', code: 0 })
    return ended.out
  }
  await ok('network', 'create', 'shop')
  await ok(
    ...['run', '-d', '--name', 'data', '--network', 'shop', '--network-alias', 'store'],
    ...['busybox', 'sleep', '1000'],
  )
  const linked = ['run', '--rm', '--network', 'shop', '--link', 'data:db', 'busybox']
  return { run, ok, inShop: (...command: string[]) => run(...linked, ...command) }
}

describe('a container is found', () => {
  test('by its name, an alias, a link, and with the network behind it', async (context) => {
    const { inShop } = await shop(context)
    const names = ['data', 'store', 'db', 'data.shop']
    const pings = names.map((name) => `ping -c 1 -W 5 ${name} > /dev/null && echo ${name}`)
    const { out } = await inShop('sh', '-c', pings.join('; '))
    expect(out.trim().split('\n')).toEqual(names)
  })

  test('by its new name when it was renamed, and by none when it has ended', async (context) => {
    const { ok, inShop } = await shop(context)
    await ok('rename', 'data', 'orders')
    expect((await inShop('ping', '-c', '1', '-W', '5', 'orders')).code).toBe(0)
    expect((await inShop('ping', '-c', '1', 'data')).err).toContain("bad address 'data'")
    await ok('rm', '-f', 'orders')
    expect((await inShop('ping', '-c', '1', 'orders')).err).toContain("bad address 'orders'")
  })

  test('not from another network', async (context) => {
    const { run } = await shop(context)
    const { err } = await run('run', '--rm', 'busybox', 'ping', '-c', '1', 'data')
    expect(err).toContain("bad address 'data'")
  })
})

test('the files in /etc are its own, and none of them is in its layer', async (context) => {
  const { ok } = await shop(context)
  const words = ['--add-host', 'printer:192.0.2.9', '--network', 'shop', '--name', 'one']
  const script = 'grep printer /etc/hosts; tail -n 1 /etc/hosts | cut -f 2; echo x >> /etc/hosts'
  const out = await ok('run', ...words, '-h', 'one.example', 'busybox', 'sh', '-c', script)
  expect(out).toBe('192.0.2.9\tprinter\none.example one\n')
  expect(await ok('diff', 'one')).toBe('')
})
