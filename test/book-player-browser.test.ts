/** Tests. The player, the explorer of layers and the questions in Debian's Chromium. */
import type { BrowserContextOptions, Page } from 'playwright-core'
import { expect, test, vi } from 'vitest'
import { layersFigure } from '../book/layers/figure.ts'
import { pages } from '../book/pages.ts'
import { render } from '../book/render.ts'
import { opened, written } from './browser.ts'
import { needs } from './scratch.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const question = `**Predict.** Which?

<details><summary>One</summary>

**No.** Two.

</details>
<details><summary>Two</summary>

**Yes.** Two.

</details>

\`\`\`console run
$ echo two
two
\`\`\`
`

/** A page of the book; one that is called `more.html` has layers and a question. */
async function pageNamed(name: string, options: BrowserContextOptions = {}): Promise<Page> {
  const files = pages()
  const walk = files.get('04-overlay-walk.html') ?? ''
  const text = render(question, 'chapters/04-overlay/README.md', { hrefOf: () => '' })
  const more = `<main>${layersFigure('04-overlay', { tag: 'en', up: '' })}${text}</main>`
  files.set('more.html', walk.replace(/<main[^]*<\/main>/, more))
  const { page } = await opened(written(files)(name), options)
  page.on('pageerror', ({ message }) => expect.fail(message))
  return page
}

test('a walk is played forward and back, by keys and by its slider', async (context) => {
  needs(context, 'chromium')
  const page = await pageNamed('04-overlay-walk.html')
  const place = page.locator('.place')
  await place.waitFor()
  await page.locator('[data-do=forward]').click()
  await page.keyboard.press('j')
  expect(await place.textContent()).toMatch(/^2 \//)
  await page.keyboard.press('k')
  expect(await place.textContent()).toMatch(/^1 \//)
  expect(await page.locator('.live').textContent()).toMatch(/^Step 1 of .*close_range/)
  await page.locator('.player input').focus()
  await page.keyboard.press('End')
  expect(await page.locator('.processes-card').textContent()).toContain('sleep')
  expect(await page.locator('.box .box .box .box .box .box').count()).toBeGreaterThan(0)
  expect(await page.locator('.layers-card .slab').count()).toBe(4)
  await page.locator('[data-do=beside]').click()
  await page.locator('.beside tr.more button').first().click()
  expect(await page.locator('.call').textContent()).toContain('containers')
}, 120_000)

test('without scripts the same walk is read', async (context) => {
  needs(context, 'chromium')
  const page = await pageNamed('04-overlay-walk.html', { javaScriptEnabled: false })
  expect(await page.locator('.stage').isVisible()).toBe(false)
  await page.locator('.calls summary').click()
  await page.getByText('mount("overlay", "merged"').first().waitFor()
}, 120_000)

test('a path of the layers tells where it comes from', async (context) => {
  needs(context, 'chromium')
  const page = await pageNamed('more.html')
  await page.locator('.layers-stage').scrollIntoViewIfNeeded()
  await page.locator('[data-path="bin/vi"]').click()
  const said = await page.locator('.explorer-path').textContent()
  expect(said).toContain('whiteout in the write layer')
}, 120_000)

test('an output is readable once a choice is made, and the choice is marked', async (context) => {
  needs(context, 'chromium')
  const page = await pageNamed('more.html')
  expect(await page.locator('.veiled .output').textContent()).toContain('two')
  await page.locator('.choice summary').first().click()
  await page.locator('.answered .chosen.wrong').waitFor()
  expect(await page.locator('.veiled').count()).toBe(0)
  const plain = await pageNamed('more.html', { javaScriptEnabled: false })
  expect(await plain.locator('.veiled').count()).toBe(0)
}, 120_000)
