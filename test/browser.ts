/** Tests. Debian's Chromium, started once for a file of tests, and the book's pages in it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { has, onPath, scratch } from './scratch.ts'

let browser: Browser | undefined
/** Chromium's own files: a busy one is killed before it has removed them. */
let temporary: string | undefined

beforeAll(async () => {
  if (!has('chromium')) return
  const executablePath = onPath('chromium') ?? ''
  temporary = mkdtempSync(join(tmpdir(), 'stepbox-browser-'))
  const env = { ...process.env, TMPDIR: temporary }
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'], env })
}, 120_000)

afterAll(async () => {
  await browser?.close()
  if (temporary) rmSync(temporary, { recursive: true, force: true, maxRetries: 10 })
}, 120_000)

/** `files` in a fresh directory, as a reader without a server has them: the address of each. */
export function written(files: Map<string, string>): (name: string) => string {
  const dir = scratch()
  for (const [name, text] of files) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  return (name) => {
    const [file = '', fragment] = name.split('#')
    return pathToFileURL(join(dir, file)).href + (fragment ? `#${fragment}` : '')
  }
}

export interface Opened {
  page: Page
  /** Errors of the console, and requests to anything that is no file and not this server. */
  problems: string[]
}

/** A page until the end of the test, in a window of 1280 × 900 unless `options` say otherwise. */
export async function opened(url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  if (!browser) throw new Error('there is no chromium here')
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const problems: string[] = []
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('pageerror', ({ message }) => problems.push(message))
  page.on('request', (request) => {
    const isOwn = /^(file:|data:|http:\/\/127\.0\.0\.1:)/.test(request.url())
    if (!isOwn) problems.push(request.url())
  })
  await page.goto(url)
  return { page, problems }
}

/** How much of a page has moved while it came: the sum of its layout shifts so far. */
export function shiftOf(page: Page): Promise<number> {
  return page.evaluate(`new Promise((resolve) => {
    let sum = 0
    const add = (list) => list.getEntries().forEach(({ value }) => (sum += value))
    new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true })
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)))
  })`)
}
