/**
 * Tests. The texts: their links lead somewhere, both languages show the same, sessions are true.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { follow, linksIn } from '../book/links.ts'
import { pages, volumes } from '../book/pages.ts'
import { explained, play, type Mismatch } from '../book/player.ts'
import { sessionsIn } from '../book/sessions.ts'
import { namesIn, tryRead } from '../runtime/files.ts'
import { needs, scratch } from './scratch.ts'
import { sources } from './sources.ts'
import { tablesNamed } from './tables.ts'

const root = join(import.meta.dirname, '..')
const slugs = readdirSync(join(root, 'chapters'))
  .filter((name) => /^\d\d-/.test(name))
  .sort()
const tools = tablesNamed('peers.json').flatMap((table) => Object.keys(table as object))
const texts = sources(['.'], /\.md$/)

test('every link of every text leads somewhere', () => {
  const wrong = texts.flatMap(({ path, text }) =>
    linksIn(text).flatMap((href) => {
      try {
        follow(href, path)
        return []
      } catch (error) {
        return [error instanceof Error ? error.message : String(error)]
      }
    }),
  )
  expect(wrong).toEqual([])
})

test('the first thing a reader sees is what really happens', async (context) => {
  needs(context, 'root', 'unshare')
  for (const text of ['README.md', 'README.zh.md']) {
    const mismatches = await play(join(root, text), 'host')
    expect(mismatches.map((mismatch) => explained(text, mismatch)).join('\n')).toBe('')
  }
})

test('a session is played with the program of its chapter', async (context) => {
  needs(context, 'root', 'unshare')
  const text = join(scratch(), 'chapters/01-made-up/README.md')
  mkdirSync(dirname(text), { recursive: true })
  const commands = '$ stepbox plan true | grep -c mkdir\n$ stepbox ps | head -n 1\n'
  writeFileSync(text, `\`\`\`console run\n${commands}\`\`\`\n`)
  const [plan, ps] = await play(text, 'host')
  expect(plan?.actual).toEqual(['0'])
  expect(ps?.actual[0]).toMatch(/'ps' comes in chapter/)
})

test('what a session starts is gone after it, even if the session fails', async (context) => {
  needs(context, 'root', 'unshare', 'overlay')
  const text = join(scratch(), 'README.md')
  const name = basename(dirname(text))
  const run = `$ stepbox run -d busybox sh -c 'sleep 1000; : ${name}'`
  const lines = ['$ stepbox import --busybox', run, 'no id']
  writeFileSync(text, ['```console run', ...lines, '```', ''].join('\n'))
  const [, printed] = await play(text, 'host')
  expect(printed?.actual).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
  const isOwn = (pid: string) => tryRead(`/proc/${pid}/cmdline`)?.includes(`: ${name}`)
  expect(namesIn('/proc').filter((pid) => /^\d+$/.test(pid) && isOwn(pid))).toEqual([])
})

// Chapters run side by side, and what is played of one chapter in order: it uses the same names.
describe.concurrent.each(slugs)('%s', (slug) => {
  const path = (name: string): string => join(root, 'chapters', slug, name)
  const read = (name: string): string =>
    existsSync(path(name)) ? readFileSync(path(name), 'utf8') : ''
  const english = read('README.md')
  const chinese = read('README.zh.md')

  test.sequential('has its two texts, its plan and its tests', () => {
    const names = readdirSync(join(root, 'chapters', slug))
    expect(names).toEqual(expect.arrayContaining(['README.md', 'README.zh.md', 'plan.ts']))
    expect(names.filter((name) => name.endsWith('.test.ts'))).not.toEqual([])
  })

  test.sequential('shows the same code and the same sessions in both languages', () => {
    expect(codeIn(chinese)).toEqual(codeIn(english))
    const bare = (text: string) =>
      (['host', 'vm'] as const).map((place) =>
        sessionsIn(text, place).map(({ command, expected }) => [command, expected]),
      )
    expect(bare(chinese)).toEqual(bare(english))
  })

  test.sequential('shows the code of every line that it adds to the list', () => {
    const added = [...read('plan.ts').matchAll(/^ *\.\.\.(\w+)\(.*\/\/ new/gm)].map(
      ([, name]) => name,
    )
    const shown = linksIn(english).map((href) => href.split('#')[1])
    expect(added.filter((name) => !shown.includes(name))).toEqual([])
  })

  test.sequential('never calls anything simple', () => {
    const prose = english.replace(/^(```+)[^]*?^\1/gm, '').replace(/`[^`\n]*`/g, '')
    expect(prose.match(/\b(simply|just)\b.*/gi)).toBeNull()
  })

  const onHost = sessionsIn(english, 'host').map(({ command }) => command)
  const isUsed = (tool: string) => onHost.some((text) => text.split(/[^\w-]+/).includes(tool))
  const text = `chapters/${slug}/README.md`
  const inWords = (mismatches: Mismatch[]) =>
    mismatches.map((mismatch) => explained(text, mismatch)).join('\n\n')

  test.sequential('every terminal session is what really happens', async (context) => {
    needs(context, 'root', 'unshare', ...tools.filter(isUsed))
    expect(inWords(await play(path('README.md'), 'host'))).toBe('')
  }, 480_000)

  test.sequential('so it is for a slow reader, on a terminal with job control', async (context) => {
    needs(context, 'root', 'unshare', 'script', ...tools.filter(isUsed))
    expect(inWords(await play(path('README.md'), 'host', true))).toBe('')
  }, 480_000)

  if (sessionsIn(english, 'vm').length > 0)
    test.sequential('so is every one in a machine with its own kernel', async (context) => {
      needs(context, 'native', 'qemu-system-x86_64')
      expect(inWords(await play(path('README.md'), 'vm'))).toBe('')
    }, 480_000)
})

test('the pages need nothing from elsewhere: classic scripts of the book only', () => {
  const files = pages()
  const html = [...files].filter(([name]) => name.endsWith('.html'))
  expect(html.length).toBeGreaterThan(2)
  const elsewhere = /<[^a>]*\s(src|href)="(https?:)?\/\/|<script>|<script[^>]*type=|\sstyle="/
  expect(html.filter(([, text]) => elsewhere.test(text)).map(([name]) => name)).toEqual([])
  const loaded = html.flatMap(([, text]) => [...text.matchAll(/<script src="([^"]+)"/g)])
  const names = new Set(loaded.map(([, src = '']) => src.replaceAll('../', '')))
  expect([...names].filter((name) => !files.has(name))).toEqual([])
})

test('every link of every page leads to a page, or to another site', () => {
  const made = pages()
  const files = new Map<string, string | Buffer>([...made, ...volumes(made)])
  const html = [...made].filter(([name]) => name.endsWith('.html'))
  const wrong = html.flatMap(([name, text]) =>
    [...text.matchAll(/ (?:href|src)="([^"]+)"/g)].flatMap(([, href = '']) => {
      const { protocol, pathname, hash } = new URL(href, `file:///${name}`)
      if (protocol !== 'file:') return []
      const target = files.get(decodeURI(pathname.slice(1)))
      const id = decodeURIComponent(hash.slice(1))
      return target !== undefined && (!id || target.includes(`id="${id}"`))
        ? []
        : [`${name}: ${href}`]
    }),
  )
  expect(wrong).toEqual([])
})

/** The code that a text shows: lines that are one link to a symbol, or name one in a sentence. */
function codeIn(text: string): string[] {
  return linksIn(text).filter((href) => /\.[a-z]+#\w+$/.test(href) && !href.includes('.md#'))
}
