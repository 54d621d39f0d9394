/** Tests. The live book in Debian's Chromium: its terminal, Run buttons, tests and walks. */
import { execFileSync } from 'node:child_process'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { pages } from '../book/pages.ts'
import { serve } from '../book/serve.ts'
import { opened, shiftOf, written, type Opened } from './browser.ts'
import { liveBook } from './live.ts'
import { needs } from './scratch.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const chapter = '01-namespaces.html'
const folders = { en: '', zh: 'zh/' } as const

/** A page of a live book. */
async function live(name: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const { address } = await liveBook()
  const { page, problems } = await opened(address, options)
  await page.goto(new URL(name, address).href)
  return { page, problems }
}

/** The processes that this one has started, and theirs, without the browser's. */
function started(): string[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  const all = lines.map((line) => /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? ['', '', '', ''])
  const below = (parent: string): string[] =>
    all
      .filter(([, , ppid, args = '']) => ppid === parent && !/chrom|^ps |esbuild/.test(args))
      .flatMap(([, pid = '', , args = '']) => [args, ...below(pid)])
  return below(String(process.pid))
}

/** The element that has the keyboard is in `selector`. */
function hasFocus(page: Page, selector: string): Promise<boolean> {
  return page.evaluate(`document.activeElement.closest('${selector}') !== null`)
}

describe.for(['en', 'zh'] as const)('in %s,', (tag) => {
  const dir = folders[tag]

  test('a session runs in the terminal, and the reader types there, too', async (context) => {
    needs(context, 'root', 'chromium')
    const { page, problems } = await live(`${dir}${chapter}`)
    const session = page.locator('.session', { hasText: 'export TOKEN=abc' }).first()
    const others = page.locator('.run-session:disabled')
    await session.locator('.run-session').click()
    await session.locator('b.is-running').first().waitFor()
    expect(await others.count()).toBe((await page.locator('.run-session').count()) - 1)
    const rows = page.locator('.xterm-rows')
    await session.locator('.run-status', { hasText: tag === 'en' ? 'ran' : '已运行' }).waitFor()
    await rows.getByText('[abc]', { exact: true }).waitFor()
    expect(await others.count()).toBe(0)
    await page.locator('.xterm-helper-textarea').focus()
    await page.keyboard.type('echo typed-$((6*7)) $STEPBOX_CHAPTER\n')
    await rows.getByText('typed-42 1').waitFor()
    await page.keyboard.press('F6')
    expect(await hasFocus(page, '.drawer .screen')).toBe(false)
    await page.keyboard.press('F6')
    expect(await hasFocus(page, '.drawer .screen')).toBe(true)
    expect(started().join('\n')).toContain('bash')
    await page.goto('about:blank')
    await vi.waitFor(() => expect(started().join('\n')).not.toContain('bash'), 20_000)
    expect(problems).toEqual([])
  })

  test('the debugger makes each call when asked, to the end', async (context) => {
    needs(context, 'root', 'chromium')
    const { page, problems } = await live(`${dir}01-namespaces-walk.html`)
    await page.locator('.walk-sources button').nth(1).click()
    const player = page.locator('.walk-live .player')
    await player.locator('[data-do=forward]').click()
    await player.locator('.call', { hasText: 'close_range' }).waitFor()
    await player.locator('[data-at="3"]').click()
    await player.locator('.place', { hasText: /^3 \// }).waitFor()
    expect(await player.locator('.player-calls .to-come').count()).toBeGreaterThan(10)
    await player.locator('.processes-card .contained').first().waitFor()
    await player.locator('[data-do=last]').click()
    await player.locator('.walk-output', { hasText: 'hello from process 1' }).waitFor()
    await page.locator('.end-walk', { hasText: tag === 'en' ? 'Once more' : '重新开始' }).waitFor()
    expect(await player.locator('.player-calls .to-come').count()).toBe(0)
    expect(problems).toEqual([])
  })
})

test('a chapter’s tests run, each verdict as it comes', async (context) => {
  needs(context, 'root', 'chromium')
  const { page, problems } = await live('03-pivot-root.html')
  const panel = page.locator('.tests-panel').first()
  await panel.locator('button').click()
  await panel.locator('.verdicts .pass').first().waitFor()
  const count = page.locator('.counts', { hasText: 'All pass.' })
  await count.waitFor({ timeout: 90_000 })
  const passed = await panel.locator('.verdicts .pass').count()
  expect(passed).toBeGreaterThan(20)
  expect(await count.textContent()).toContain(String(passed))
  expect(problems).toEqual([])
})

test('tests are stopped, and nothing of them is left', async (context) => {
  needs(context, 'root', 'chromium')
  const { page } = await live(`zh/${chapter}`)
  const panel = page.locator('.tests-panel').first()
  await panel.locator('button').click()
  await panel.locator('.verdicts li').first().waitFor()
  await panel.locator('button').click()
  await panel.locator('.counts', { hasText: '已停止' }).waitFor()
  await vi.waitFor(() => expect(started().join('\n')).not.toContain('run.mjs'), 20_000)
})

test('the terminal has the theme’s colours, and its height is the reader’s', async (context) => {
  needs(context, 'root', 'chromium')
  const { page } = await live(chapter, { reducedMotion: 'reduce' })
  await page.locator('.open-terminal').waitFor()
  await page.keyboard.press('c')
  const rows = page.locator('.xterm-rows')
  await rows.getByText('#').first().waitFor()
  const ink = () => page.evaluate(`getComputedStyle(document.querySelector('.xterm-rows')).color`)
  const own = () => page.evaluate('getComputedStyle(document.body).color')
  for (const theme of ['light', 'dark']) {
    await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
    await vi.waitFor(async () => expect(await ink()).toBe(await own()))
  }
  const height = async () => (await page.locator('.drawer').boundingBox())?.height ?? 0
  const before = await height()
  await page.locator('.drawer-edge').focus()
  await page.keyboard.press('ArrowUp')
  expect(await height()).toBeGreaterThan(before)
  await page.locator('.close-terminal').click()
  expect(await page.locator('.drawer').isVisible()).toBe(false)
})

test.for([chapter, `zh/${chapter}`, 'zh/03-pivot-root-walk.html'])(
  'nothing moves when the controls come, and a phone has room for them: %s',
  async (name, context) => {
    needs(context, 'root', 'chromium')
    const { page } = await live(name, { viewport: { width: 360, height: 740 } })
    await page.locator('.open-terminal').waitFor()
    expect(await shiftOf(page)).toBeLessThan(0.01)
    const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(over).toBeLessThanOrEqual(0)
  },
)

describe('without what is live', () => {
  test('a served page says why in one line', async (context) => {
    needs(context, 'chromium')
    const { address, close } = await serve(0, { isLive: false })
    onTestFinished(close)
    const { page, problems } = await opened(`${address}zh/${chapter}`)
    await page.locator('.live-off', { hasText: '--no-live' }).waitFor()
    expect(await page.locator('.open-terminal, .run-session, .tests-panel').count()).toBe(0)
    expect(problems).toEqual([])
  })

  test('a page from a file has none of it, and asks for nothing', async (context) => {
    needs(context, 'chromium')
    const { page } = await opened('about:blank')
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.goto(written(pages())(chapter))
    await page.locator('pre.console .copy').first().waitFor({ state: 'attached' })
    expect(await page.locator('.open-terminal, .run-session, .live-off').count()).toBe(0)
    expect(asked.filter((url) => /live|terminal\.js/.test(url))).toEqual([])
  })
})
