/** What the program says, in Chinese: by its catalogues and those of the chapters. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chineseOf } from '../runtime/cli/chinese.ts'
import type { Catalogue } from '../runtime/sentence.ts'
import { root } from './links.ts'

/** What has no translation stays English. */
export const inChinese = chineseOf(catalogues())

/** The Chinese of the chapters' sentences. */
function catalogues(): Catalogue[] {
  const paths = readdirSync(join(root, 'chapters')).map((slug) => `chapters/${slug}/zh.json`)
  const found = paths.filter((path) => existsSync(join(root, path)))
  return found.map((path) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Catalogue)
}
