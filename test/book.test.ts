/** Tests. What the book is made with: symbols, sessions, links, the server. */
import { utimesSync } from 'node:fs'
import { get, request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { anchors, follow } from '../book/links.ts'
import { render } from '../book/render.ts'
import { serve } from '../book/serve.ts'
import { compare, filled, refreshed, sessionsIn, type Seen } from '../book/sessions.ts'
import { symbolIn } from '../book/symbols.ts'

/** The whole book is made: a busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

describe('a symbol', () => {
  const source = [
    'import x',
    '',
    '/** One. */',
    'export function one(',
    '  a: string,',
    '): string {',
    '  return a',
    '}',
    'const two = 2',
    '',
    '/* Three. */',
    'static long three(struct arg *a) {',
    '  return 3;',
    '}',
    'type Four =',
    "  | 'a'",
    "  | 'b'",
  ].join('\n')

  test('is shown whole, with the comment above it and nothing more', () => {
    expect(symbolIn(source, 'one')?.code.split('\n')).toHaveLength(6)
    expect(symbolIn(source, 'one')?.line).toBe(3)
    expect(symbolIn(source, 'two')?.code).toBe('const two = 2')
    expect(symbolIn(source, 'three')?.code).toMatch(/^\/\* Three[^]*\}$/)
    expect(symbolIn(source, 'Four')?.code).toMatch(/'b'$/)
  })

  test('that is not there stops the build, with the nearest name', () => {
    const from = 'chapters/01-namespaces/README.md'
    expect(() => follow('../../runtime/01-namespaces/namespaces.ts#privateMount', from)).toThrow(
      /no such symbol; nearest: privateMounts$/,
    )
    expect(() => follow('../../runtime/01-namespaces/namespace.ts', from)).toThrow(
      /nearest: runtime\/01-namespaces\/namespaces.ts$/,
    )
    expect(() => follow('../../../etc/passwd', from)).toThrow(/no place in this repository/)
  })

  test('is at the anchor that a code host gives a heading', () => {
    expect(anchors('# A `b` c\n## Again!\n```\n# no\n```\n## Again!\n## 挂载 传播')).toEqual([
      'a-b-c',
      'again',
      'again-1',
      '挂载-传播',
    ])
  })
})

describe('a terminal session', () => {
  const compared = (expected: string[], actual: string[], seen: Seen = new Map()) => {
    const result = compare(expected, actual, seen)
    return typeof result === 'number' ? result : Object.fromEntries(result)
  }

  test('is the commands of the blocks that say run, with what each prints', () => {
    const text = 'x\n```console run\n$ a \\\n> b\nc\n$ d\n```\n```console\n$ no\n```\n'
    expect(sessionsIn(text, 'host')).toEqual([
      { command: 'a \\\nb', expected: ['c'], line: 3 },
      { command: 'd', expected: [], line: 6 },
    ])
  })

  test('says where it was played, when that was not the host', () => {
    const page = (info: string) =>
      render(`\`\`\`${info}\n$ true\n\`\`\`\n`, 'README.md', { hrefOf: () => undefined })
    expect(page('console run vm')).toContain('<figcaption><code>stepbox vm</code></figcaption>')
    expect(page('console run')).not.toContain('figcaption')
  })

  test('has the same value for the same name, and another for another', () => {
    expect(compared(['{pid:a} {pid:b} {pid:a}'], ['1 2 1'])).toEqual({ 'pid:a': '1', 'pid:b': '2' })
    expect(compared(['{pid:a} {pid:a}'], ['1 2'])).toBe(0)
    expect(compared(['{pid:a} {pid:b}'], ['1 1'])).toBe(0)
    expect(compared(['{pid} {pid}'], ['1 1'])).toEqual({})
    expect(compared(['{n:a} {n:b}'], ['1 1'])).toEqual({ 'n:a': '1', 'n:b': '1' })
    expect(compared(['x', '{ns:a}'], ['x', '4026531999'], new Map([['ns:a', '4026532000']]))).toBe(
      1,
    )
  })

  test('has holes for the rest of a line, and for any number of lines', () => {
    expect(compared(['a{…}z'], ['a.*z'])).toEqual({})
    expect(compared(['a', '{…}', 'z'], ['a', 'b', 'c', 'z'])).toEqual({})
    expect(compared(['a', '{…}', 'z'], ['a', 'b', 'c'])).not.toEqual({})
    expect(compared(['{…}'], [])).toEqual({})
    expect(compared(['a'], ['a', 'b'])).toBe(1)
    expect(compared(['a.c'], ['abc'])).toBe(0)
    expect(compared(['{ "json": {} }'], ['{ "json": {} }'])).toEqual({})
  })

  test('gives what was seen to the commands after it', () => {
    expect(filled('kill {pid:a} ${X} {…}', new Map([['pid:a', '42']]))).toBe('kill 42 ${X} {…}')
    expect(() => filled('kill {pid:b}', new Map())).toThrow(/before it was seen/)
  })

  test('is refreshed without losing the holes of what is still true', () => {
    const seen: Seen = new Map([['ns:a', '4026531999']])
    const actual = ['pid 7', 'now', 'uts:[4026531999]']
    expect(refreshed(['pid {pid:b}', 'then'], actual, seen)).toEqual([
      'pid {pid:b}',
      'now',
      'uts:[{ns:a}]',
    ])
  })
})

describe('the server', () => {
  test('gives pages and nothing else', async () => {
    const at = await served()
    expect(await status(at, '/')).toBe(200)
    expect(await status(at, '/style.css')).toBe(200)
    expect(await status(at, '/../package.json')).toBe(404)
    expect(await status(at, '/%2e%2e/package.json')).toBe(404)
    expect(await status(at, '/', { method: 'POST' })).toBe(405)
  })

  test('answers no name but that of this machine', async () => {
    const at = await served()
    expect(await status(at, '/', { headers: { host: `localhost:${at.port}` } })).toBe(200)
    expect(await status(at, '/', { headers: { host: `evil.example:${at.port}` } })).toBe(421)
    expect(await status(at, '/', { headers: { host: '127.0.0.1' } })).toBe(421)
  })

  test('forbids frames, other hosts, and scripts that are not files of the book', async () => {
    const at = await served()
    const policy = await new Promise((resolve) =>
      get(at, (response) => resolve(response.resume().headers['content-security-policy'])),
    )
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("script-src 'self';")
  })

  test('answers other addresses if asked to, and still no other name', async () => {
    const at = await served('0.0.0.0')
    const host = (name: string) => ({ headers: { host: `${name}:${at.port}` } })
    expect(await status(at, '/404.html', host('192.0.2.7'))).toBe(200)
    expect(await status(at, '/404.html', host('evil.example'))).toBe(421)
  })

  test('tells pages of the book about changes, and no others', async () => {
    const at = await served()
    const other = { headers: { origin: 'http://evil.example' } }
    expect(await status(at, '/changes', other)).toBe(403)
    expect(await status(at, '/changes', { headers: { 'sec-fetch-site': 'cross-site' } })).toBe(403)
    const told = new Promise<string>((resolve) => {
      get(new URL('/changes', at), { agent: false }, (response) => {
        let text = ''
        response.on('data', (chunk) => {
          if (text === '') utimesSync(changed, new Date(), new Date())
          text += String(chunk)
          if (text.includes('data: changed')) resolve(text)
        })
        onTestFinished(() => void response.destroy())
      })
    })
    const changed = join(import.meta.dirname, '../book/icon.svg')
    expect(await told).toContain('data: changed')
  })
})

async function served(host = '127.0.0.1'): Promise<URL> {
  const { port, close } = await serve(0, { host, isLive: false })
  onTestFinished(close)
  return new URL(`http://127.0.0.1:${port}/`)
}

function status(
  { hostname, port }: URL,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, agent: false, ...options }, (response) =>
      resolve(response.resume().statusCode),
    )
    asked.on('error', reject).end()
  })
}
