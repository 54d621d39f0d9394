/** Tests. Who gets in: the live book is a root shell, and its token is the key. */
import { connect as open } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { chapterNumbers } from '../book/live/chapters.ts'
import { serve } from '../book/serve.ts'
import { ask, connect, liveBook, upgrade } from './live.ts'
import { needs } from './scratch.ts'

/** The whole book is made: a busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const [first = 0] = chapterNumbers()

describe('requests', () => {
  test('without the token nothing is given, not even whether it is there', async (context) => {
    needs(context, 'root', 'bash')
    const book = await liveBook()
    const paths = ['/', '/style.css', '/live/can', '/none', '/changes', '/zh/', '//', '/%00']
    const all = await Promise.all(paths.map((path) => ask(book, path)))
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([403]))
    expect(new Set(all.map(({ text }) => text)).size).toBe(1)
    expect(all[0]?.text).toContain('terminal where the book was started')
    expect(all[0]?.text).toContain('启动这本书的终端')
    expect(all[0]?.text).not.toContain(book.token)
  })

  test('the address with the token gives a cookie and leads to the page', async (context) => {
    needs(context, 'root', 'bash')
    const book = await liveBook()
    const { status, headers } = await ask(book, `/01-namespaces.html?token=${book.token}`)
    expect([status, headers.location]).toEqual([303, '/01-namespaces.html'])
    expect(headers['set-cookie']).toEqual([
      `stepbox-${book.port}=${book.token}; HttpOnly; SameSite=Strict; Path=/`,
    ])
    expect(book.token).toMatch(/^[\w-]{43}$/)
    expect((await ask(book, '/live/can', { cookie: book.cookie })).status).toBe(200)
    expect((await ask(book, '/live/can', { cookie: `a=b; ${book.cookie}; c=d` })).status).toBe(200)
  })

  test('a wrong token is none, in the address and in the cookie', async (context) => {
    needs(context, 'root', 'bash')
    const book = await liveBook()
    const wrong = [`${book.token}x`, book.token?.slice(1) ?? '', '', 'x'.repeat(43)]
    for (const token of wrong) {
      const { status, headers } = await ask(book, `/?token=${token}`)
      expect([status, headers['set-cookie'], headers.location]).toEqual([403, undefined, undefined])
      const cookie = `stepbox-${book.port}=${token}`
      expect((await ask(book, '/live/can', { cookie })).status).toBe(403)
      expect(await upgrade(book, { origin: book.origin, cookie })).toBe(403)
    }
    expect((await ask(book, '/?token=x', { cookie: book.cookie })).status).toBe(403)
  })

  test('a token ends with its server: the next at that port has another', async (context) => {
    needs(context, 'root', 'bash')
    const first = await liveBook()
    await first.close()
    const second = await liveBook(first.port)
    expect(second.port).toBe(first.port)
    expect((await ask(second, `/?token=${first.token}`)).status).toBe(403)
    expect((await ask(second, '/', { cookie: first.cookie })).status).toBe(403)
    const { origin } = second
    expect(await upgrade(second, { origin, cookie: first.cookie })).toBe(403)
    expect(await upgrade(second, { origin, cookie: second.cookie })).toBe(101)
  })

  test('another name that leads here is refused, with the token, too', async (context) => {
    needs(context, 'root', 'bash')
    const book = await liveBook()
    const { port, cookie } = book
    const names = ['evil.example', `evil.example:${port}`, `127.0.0.1.evil.example:${port}`]
    for (const host of [...names, '127.0.0.1', `127.0.0.1:${port + 1}`]) {
      expect((await ask(book, '/live/can', { host, cookie })).status).toBe(421)
      expect((await ask(book, `/?token=${book.token}`, { host })).status).toBe(421)
      expect(await upgrade(book, { host, cookie, origin: `http://${host}` })).toBe(403)
    }
    expect((await ask(book, '/live/can', { host: `localhost:${port}`, cookie })).status).toBe(200)
  })

  test('what another site’s page asks is refused; a link there may lead here', async (context) => {
    needs(context, 'root', 'bash')
    const book = await liveBook()
    const { cookie } = book
    const status = async (headers: Record<string, string>, path = '/live/can') =>
      (await ask(book, path, { cookie, ...headers })).status
    const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect(await status({ origin: book.origin })).toBe(200)
    for (const origin of ['http://evil.example', 'null', `https://127.0.0.1:${book.port}`])
      expect(await status({ origin })).toBe(403)
    for (const site of ['cross-site', 'same-site']) {
      expect(await status({ 'sec-fetch-site': site })).toBe(403)
      expect(await status({ 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' })).toBe(403)
      const framed = { ...navigation, 'sec-fetch-dest': 'iframe' }
      expect(await status({ 'sec-fetch-site': site, ...framed })).toBe(403)
      expect(await status({ 'sec-fetch-site': site, ...navigation })).toBe(200)
    }
    expect(await status({ 'sec-fetch-site': 'same-origin' })).toBe(200)
    expect(await status({ 'sec-fetch-site': 'none' })).toBe(200)
  })

  test('no path leads out of the book, or to another site', async (context) => {
    needs(context, 'root', 'bash')
    const book = await liveBook()
    const { cookie, token } = book
    const out = ['/../package.json', '/%2e%2e/package.json', '/..%2fpackage.json', '/live/../live']
    for (const path of out) expect((await ask(book, path, { cookie })).status).toBe(404)
    for (const path of ['//evil.example/', '/\\evil.example/', '///evil.example/']) {
      const { headers } = await ask(book, `${path}?token=${token}`)
      const { host } = new URL(headers.location ?? '/', book.origin)
      expect(host).toBe(`127.0.0.1:${book.port}`)
    }
  })

  test('where nothing is live there is no token, and the page can say why', async () => {
    for (const asked of [{ isLive: false }, { host: '0.0.0.0' }]) {
      const { port, token, address, close } = await serve(0, asked)
      try {
        expect([token, address.includes('token')]).toEqual([undefined, false])
        const can = JSON.parse((await ask({ port }, '/live/can')).text) as Record<string, unknown>
        expect(can['live']).toBe(false)
        expect(can['why']).toMatch(/--no-live|--host/)
        expect(can['zh']).toMatch(/--no-live|--host/)
        const origin = `http://127.0.0.1:${port}`
        expect(await upgrade({ port }, { origin })).toBe(403)
      } finally {
        await close()
      }
    }
  })

  test('the policy of pages allows scripts that are files, and inline styles', async (context) => {
    needs(context, 'root', 'bash')
    const book = await liveBook()
    const { headers } = await ask(book, '/live/can', { cookie: book.cookie })
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("style-src 'self' 'unsafe-inline';")
    expect(policy.match(/unsafe/g)).toHaveLength(1)
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })
})

describe('upgrades', () => {
  test('take the cookie and the origin of this server, both', async (context) => {
    needs(context, 'root', 'bash')
    const book = await liveBook()
    const { origin, cookie } = book
    expect(await upgrade(book, { origin, cookie })).toBe(101)
    expect(await upgrade(book, { origin })).toBe(403)
    expect(await upgrade(book, { cookie })).toBe(403)
    expect(await upgrade(book, { cookie, origin: 'http://evil.example' })).toBe(403)
    expect(await upgrade(book, { cookie, origin: 'null' })).toBe(403)
    expect(await upgrade(book, { cookie, origin: `http://localhost:${book.port}` })).toBe(403)
    expect(await upgrade(book, { origin }, `/live/terminal?token=${book.token}`)).toBe(403)
  })

  test('are for the addresses that there are, byte for byte', async (context) => {
    needs(context, 'root', 'bash')
    const book = await liveBook()
    const { origin, cookie } = book
    const status = (path: string) => upgrade(book, { origin, cookie }, path)
    const none = ['/', '/live', '/live/', '/live/can', '/live/terminal/', '//live/terminal']
    const tricks = ['/live/../live/terminal', '/live/%74erminal', '/toString', '/live/terminal#x']
    for (const path of [...none, ...tricks]) expect([path, await status(path)]).toEqual([path, 404])
    const one = `chapter=${first}`
    const queries = [`${one}99`, 'chapter=-1', `${one};id`, `${one}&${one}`, `x=${first}`]
    const more = ['chapter', `${one}=2`, 'cols=1e9', 'cols=99999', 'chapter=../1', `${one}?x`]
    for (const query of [...queries, ...more])
      expect([query, await status(`/live/terminal?${query}`)]).toEqual([query, 404])
    expect(await status(`/live/terminal?chapter=${first}&cols=100&rows=30`)).toBe(101)
    const protocol = { 'sec-websocket-protocol': 'chat' }
    expect(await upgrade(book, { origin, cookie, ...protocol })).toBe(400)
  })

  test('a message that is malformed closes the socket', async (context) => {
    needs(context, 'root', 'bash')
    const book = await liveBook()
    const wrong = ['', 'run', '[]', 'null', '{}', '{"run":"0"}', '{"run":-1}', '{"run":1e9}']
    const sizes = ['{"resize":[80]}', '{"resize":[0,0]}', '{"resize":["80","24"]}']
    for (const text of [...wrong, ...sizes, '{"resize":[1e9,24]}', '{"run":0.5}']) {
      const client = await connect(book, `/live/terminal?chapter=${first}`)
      client.socket.send(text)
      expect([text, await client.closed]).toEqual([text, 1008])
    }
    for (const [path, text] of [
      [`/live/walk?chapter=${first}`, '{"command":"run sh"}'],
      [`/live/walk?chapter=${first}`, '{"command":"next\\nquit"}'],
      [`/live/walk?chapter=${first}`, '{"command":["next"]}'],
      [`/live/tests?chapter=${first}`, '{"command":"next"}'],
    ] as const) {
      const client = await connect(book, path)
      if (path.includes('walk')) await client.told(({ next }) => Boolean(next))
      client.socket.send(text)
      expect([text, await client.closed]).toEqual([text, 1008])
    }
  })

  test('bytes that are no frame end the socket, and the server goes on', async (context) => {
    needs(context, 'root', 'bash')
    const book = await liveBook()
    const head =
      `GET /live/terminal HTTP/1.1\r\nHost: 127.0.0.1:${book.port}\r\nOrigin: ${book.origin}\r\n` +
      `Cookie: ${book.cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n` +
      'Sec-WebSocket-Protocol: stepbox\r\n\r\n'
    for (const bytes of [[0xff, 0xff, 0xff, 0xff], [0x82, 0x01, 0x41], [0x81, 0xff, 0xff, 0xff]]) {
      const stream = open(book.port, '127.0.0.1')
      const closed = new Promise((resolve) => stream.once('close', resolve).on('error', () => {}))
      stream.write(head)
      await new Promise((resolve) => stream.once('data', resolve))
      stream.end(Buffer.from(bytes))
      stream.resume()
      await closed
    }
    expect((await ask(book, '/live/can', { cookie: book.cookie })).status).toBe(200)
  })
})
