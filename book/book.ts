/**
 * `npm run book` serves the book. `-- --build` writes it to book/out instead; `-- --update` plays
 * the terminal sessions of all texts, and puts what was printed into the texts.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import chalk from 'chalk'
import { root } from './links.ts'
import { pages } from './pages.ts'
import { explained, play, rewrite } from './player.ts'
import { serve } from './serve.ts'

const { values } = parseArgs({
  options: {
    build: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    port: { type: 'string', default: process.env['PORT'] ?? '4100' },
  },
})

if (values.update) await update()
else {
  try {
    build()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
  if (!values.build) {
    const { address } = await serve(Number(values.port))
    console.log(`The book is at ${chalk.bold(address)} (Ctrl-C ends it)`)
  }
}

/** Write all pages to book/out. A browser can open them there without a server. */
function build(): void {
  const out = join(import.meta.dirname, 'out')
  const files = pages()
  rmSync(out, { recursive: true, force: true })
  for (const [name, text] of files) {
    mkdirSync(dirname(join(out, name)), { recursive: true })
    writeFileSync(join(out, name), text)
  }
  console.log(`${files.size} pages in book/out`)
}

async function update(): Promise<void> {
  const slugs = readdirSync(join(root, 'chapters')).sort()
  for (const text of ['README.md', ...slugs.map((slug) => `chapters/${slug}/README.md`)]) {
    if (!existsSync(join(root, text))) continue
    for (const place of ['host', 'vm'] as const) {
      const mismatches = await play(join(root, text), place)
      if (mismatches.length > 0) console.log(`${text}: ${mismatches.length} changed`)
      for (const mismatch of mismatches) console.log(explained(text, mismatch))
      for (const path of [text, text.replace('.md', '.zh.md')])
        if (existsSync(join(root, path))) rewrite(join(root, path), place, mismatches)
    }
  }
}
