/** Tests. The book as one page to print, and as an EPUB. */
import { execFile } from 'node:child_process'
import { realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { pages, volumes } from '../book/pages.ts'
import { zip } from '../book/volume/zip.ts'
import { needs, onPath, scratch } from './scratch.ts'

const files = pages()
const books = volumes(files)
const run = promisify(execFile)
/** One compiler, one collector: a short run begins sooner. */
const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

test('an archive begins with its type, which is not compressed', () => {
  for (const book of books.values()) {
    expect(book.subarray(0, 4).toString('latin1')).toBe('PK\x03\x04')
    expect(book.readUInt16LE(8)).toBe(0)
    expect(book.subarray(30, 58).toString()).toBe('mimetypeapplication/epub+zip')
  }
})

test('a compressed file of an archive is the file', () => {
  const text = 'again '.repeat(1000)
  const archive = zip(new Map([['a', text]]), new Set())
  const [size, length] = [archive.readUInt32LE(18), archive.readUInt16LE(26)]
  expect(archive.readUInt16LE(8)).toBe(8)
  expect(inflateRawSync(archive.subarray(30 + length, 30 + length + size)).toString()).toBe(text)
})

test.for([...books.keys()])('epubcheck accepts %s', { timeout: 240_000 }, async (name, context) => {
  needs(context, 'epubcheck', 'java')
  const path = join(scratch(), name)
  writeFileSync(path, books.get(name) ?? '')
  const jar = realpathSync(onPath('epubcheck') ?? '')
  const said = run('java', [...quick, '-jar', jar, path])
  const { stdout, stderr } = await said.catch((error: { stdout: string; stderr: string }) => error)
  expect(`${stdout}${stderr}`).toContain('0 fatals / 0 errors / 0 warnings')
})

test.each(['', 'zh/'])('the page to print has all chapters, each anchor once: %s', (dir) => {
  const page = files.get(`${dir}print.html`) ?? ''
  const chapters = [...files.keys()].filter((name) => /^\d\d-[a-z-]+\.html$/.test(name))
  const bound = chapters.filter((name) => !/-(more|code|walk)\.html$/.test(name))
  for (const name of bound) expect(page).toContain(`<section id="${name.replace('.html', '')}">`)
  const ids = [...page.matchAll(/<[^>]* id="([^"]*)"/g)].map(([, id]) => id)
  expect(ids.length).toBe(new Set(ids).size)
  const links = [...page.matchAll(/href="#([^"]*)"/g)].map(([, id = '']) => decodeURIComponent(id))
  expect(links.filter((id) => !ids.includes(id))).toEqual([])
})
