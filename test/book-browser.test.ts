/** Tests. The book in a real browser: Debian's Chromium, from files and from the server. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { pages } from '../book/pages.ts'
import { serve } from '../book/serve.ts'
import { opened, shiftOf, written } from './browser.ts'
import { needs } from './scratch.ts'

const chapter = '03-pivot-root.html'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

describe('from files', () => {
  test('text, code and contents need no script', async (context) => {
    needs(context, 'chromium')
    const { page, problems } = await opened(written(pages())(chapter), { javaScriptEnabled: false })
    await page.locator('figure pre').first().waitFor()
    expect(await page.locator('.open-search').isVisible()).toBe(false)
    await page.locator('#the-menu a[href="04-overlay.html"]').click()
    await page.locator('.turn [rel=prev]').click()
    expect(page.url()).toContain(chapter)
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await page.locator('#the-menu').isVisible()).toBe(false)
    await page.locator('.open-menu').click()
    expect(await page.locator('#the-menu').isVisible()).toBe(true)
    expect(problems).toEqual([])
  })

  test.for(['en', 'zh'])('a reader searches in the book alone: %s', async (tag, context) => {
    needs(context, 'chromium')
    const at = written(pages())
    const { page, problems } = await opened(at(tag === 'en' ? chapter : `zh/${chapter}`))
    await page.keyboard.press('/')
    await page.locator('dialog.search input').fill(tag === 'en' ? 'pivot_root' : '挂载传播')
    await page.locator('.found a').first().waitFor()
    await page.keyboard.press('ArrowDown')
    const place = await page.locator('.found a').first().getAttribute('href')
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => url.href.endsWith(place?.replace(/^(\.\.\/)*/, '') ?? '-'))
    expect(problems).toEqual([])
  })

  test('the language switch stays on the section, and so does the theme', async (context) => {
    needs(context, 'chromium')
    const { page, problems } = await opened(written(pages())(chapter))
    const heading = page.locator('main h2[data-other]').nth(2)
    const other = await heading.getAttribute('data-other')
    await heading.evaluate((element) => element.scrollIntoView({ behavior: 'instant' }))
    await page.locator('.switch-theme').click()
    await page.locator('.switch-theme').click()
    await page.locator('.language').click()
    await page.waitForURL(/\/zh\//)
    expect(decodeURIComponent(new URL(page.url()).hash)).toBe(`#${other}`)
    const theme = () => page.evaluate('document.documentElement.dataset.theme')
    expect(await theme()).toBe('dark')
    expect(problems).toEqual([])
  })

  test('the first page offers to go on where the reader stopped', async (context) => {
    needs(context, 'chromium')
    const at = written(pages())
    const { page } = await opened(at(`${chapter}`))
    await page.locator('main h2').nth(3).evaluate((element) => element.scrollIntoView())
    const id = await page.locator('main h2').nth(3).getAttribute('id')
    await page.waitForFunction(`localStorage.getItem('place-en')?.includes('"${id}"')`)
    await page.goto(at('index.html'))
    const href = await page.locator('.start').getAttribute('href')
    expect(href).toBe(`${chapter}#${encodeURIComponent(id ?? '')}`)
  })

  test('keys of one letter can be switched off; arrows are the browser’s', async (context) => {
    needs(context, 'chromium')
    const { page } = await opened(written(pages())(chapter))
    await page.keyboard.press('ArrowRight')
    expect(page.url()).toContain(chapter)
    await page.keyboard.press('?')
    await page.locator('dialog.keys input').uncheck()
    await page.locator('dialog.keys button').click()
    await page.keyboard.press('/')
    expect(await page.locator('dialog').count()).toBe(0)
    await page.keyboard.press('Control+k')
    await page.locator('dialog.search input').waitFor()
  })

  test('the copy button of a session copies commands only', async (context) => {
    needs(context, 'chromium')
    const { page } = await opened(written(pages())(chapter))
    await page.evaluate(`Object.defineProperty(navigator, 'clipboard', {
      value: { writeText: async (text) => void (document.documentElement.dataset.copied = text) },
    })`)
    const session = page.locator('pre.console').nth(1)
    await session.hover()
    await session.locator('.copy').click()
    const copied = await page.evaluate<string>('document.documentElement.dataset.copied')
    const commands = await session.locator('b').allTextContents()
    const bare = (line: string): string => line.trim()
    expect(commands.length).toBeGreaterThan(1)
    expect(copied.trimEnd().split('\n').map(bare)).toEqual(commands.map(bare))
  })
})

test.for(['index.html', chapter, `zh/${chapter}`, 'machines.html', '05-commit-code.html'])(
  'nothing is wider than a phone: %s',
  async (name, context) => {
    needs(context, 'chromium')
    const { page } = await opened(written(pages())(name), { viewport: { width: 360, height: 740 } })
    const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(over).toBeLessThanOrEqual(0)
  },
)

test('nothing moves while a page loads', async (context) => {
  needs(context, 'chromium')
  const { page } = await opened(written(pages())(chapter))
  expect(await shiftOf(page)).toBeLessThan(0.01)
})

test('on paper every answer is shown, and a PDF comes of all chapters', async (context) => {
  needs(context, 'chromium')
  const { page } = await opened(written(pages())('print.html'))
  await page.emulateMedia({ media: 'print' })
  await page.evaluate('dispatchEvent(new Event("beforeprint"))')
  const folded = await page.locator('details:not([open])').count()
  expect(folded).toBe(0)
  expect(await page.locator('.bar').isVisible()).toBe(false)
  const pdf = await page.pdf({ format: 'A4' })
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
  expect(pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length).toBeGreaterThan(40)
}, 120_000)

test('the server’s pages obey its policy, and load again after a change', async (context) => {
  needs(context, 'chromium')
  const { address, close } = await serve(0, { isLive: false })
  onTestFinished(close)
  const { page, problems } = await opened(`${address}${chapter}`)
  await page.keyboard.press('/')
  await page.locator('dialog.search input').fill('copy-up')
  await page.locator('.found a').first().waitFor()
  expect(problems).toEqual([])
}, 120_000)
