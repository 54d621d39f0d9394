/** `npm run book`: serves the book, writes it, keeps its texts true. `-- --help` says how. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import chalk from 'chalk'
import { textsIn } from './chapters.ts'
import { counted, withFigures, writeFigures } from './figures.ts'
import { languages } from './languages.ts'
import { recordLayers } from './layers/record.ts'
import { root } from './links.ts'
import { isLoopback } from './live/token.ts'
import { pages, volumes } from './pages.ts'
import { picture, pictureName } from './picture.ts'
import { explained, play, rewrite } from './player.ts'
import { servedOnly } from './scripts.ts'
import { serve } from './serve.ts'
import { recordTranslated, staleIn } from './stale.ts'
import { recordWalks } from './walk/record.ts'

const usage = `npm run book                 serve the book on this machine
npm run book -- --port N     at another port than 4100; if that is taken, at a free one
npm run book -- --host NAME  to other machines, too: 0.0.0.0 is all addresses; nothing is live
npm run book -- --no-live    text and code only, for anybody here; without it, root's pages have a
                             terminal, and the address that is printed has a token: it is a key
npm run book -- --build      write it to book/out, where a browser can open it without a server
npm run book -- --update     play the sessions of all texts, and put what was printed into them
npm run book -- --record     record the walks and the layers that the pages show; takes minutes
npm run book -- --picture    draw the debugger for README.md, from a recorded walk
npm run book -- --figures    count anew what the texts say is so many, and put it into them
npm run book -- --translated NN   the Chinese of chapter NN is up to date with its English`

/** How a program ends that one of these ended. */
const ended = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }

const values = options()

process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code !== 'EPIPE') console.error(`cannot write: ${message}`)
  process.exit(code === 'EPIPE' ? 141 : 1) // as if by SIGPIPE
})
if (values.help) console.log(usage)
else if (values.update) await reported(update)
else if (values.record)
  await reported(async () => {
    for (const path of [...(await recordLayers()), ...recordWalks()]) console.log(path)
  })
else if (values.picture)
  await reported(() => {
    for (const each of languages) writeFileSync(join(root, pictureName(each)), picture(each))
  })
else if (values.figures) await reported(figures)
else if (values.translated !== undefined) {
  const number = values.translated
  await reported(() => translated(number))
} else {
  await reported(build)
  if (!values.build) await open(Number(values.port), { host: values.host, isLive: values.live })
}

/** Do it; if that fails, print why, without a stack, and end with 1. */
async function reported(work: () => void | Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}

/** What was asked for; ends the program if that was not understood. */
function options() {
  const string = 'string' as const
  const boolean = { type: 'boolean', default: false } as const
  try {
    const { values } = parseArgs({
      allowNegative: true,
      options: {
        build: boolean,
        update: boolean,
        record: boolean,
        picture: boolean,
        figures: boolean,
        help: { ...boolean, short: 'h' },
        host: { type: string, default: '127.0.0.1' },
        live: { type: 'boolean', default: true },
        port: { type: string, default: process.env['PORT'] ?? '4100' },
        translated: { type: string },
      },
    })
    if (!/^\d{1,5}$/.test(values.port)) throw new Error(`--port ${values.port}: not a number`)
    return values
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    process.exit(2)
  }
}

/** Count all figures anew, and put them into the texts. */
async function figures(): Promise<void> {
  const now = await counted()
  writeFigures(now)
  for (const { path, markdown } of languages.flatMap(textsIn)) {
    const text = withFigures(markdown, now)
    if (text === markdown) continue
    writeFileSync(join(root, path), text)
    console.log(path)
  }
}

/** Note that the Chinese text of chapter `number` says what the English one says now. */
function translated(number: string): void {
  const english = textsIn(languages[0]).find((text) => text.number === Number(number))
  if (!english) throw new Error(`--translated ${number}: there is no such chapter`)
  recordTranslated(english)
  console.log(`chapters/${english.name}/translated.json: ${english.title}`)
}

/** Say which sections of the Chinese texts are older than the English ones. */
function reportStale(): void {
  const english = textsIn(languages[0])
  for (const text of textsIn(languages[1])) {
    const stale = staleIn(text, english.find(({ name }) => name === text.name))
    const names = [...stale].join(', ')
    if (names) console.log(`${text.path}: older than the English: ${names}`)
  }
}

async function open(wanted: number, asked: { host: string; isLive: boolean }): Promise<void> {
  const { address, port, token, close } = await serve(wanted, asked)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => void close().finally(() => process.exit(ended[signal])))
  console.log(`The book is at ${chalk.bold(address)} (Ctrl-C ends it)`)
  if (token !== undefined)
    console.log('Anyone with this address has a root shell here: keep it secret.')
  if (port !== wanted) console.log(`Port ${wanted} is taken.`)
  if (!isLoopback(asked.host))
    return console.log('Everybody who reaches this machine can read it.')
  const [, , here = hostname()] = (process.env['SSH_CONNECTION'] ?? '').split(' ')
  const account = `${userInfo().username}@${here}`
  console.log(`From another machine: ssh -L ${port}:127.0.0.1:${port} ${account}`)
  if (token !== undefined) console.log(`  and there, as here: ${address}`)
}

/** Write all pages to book/out. A browser can open them there without a server. */
function build(): void {
  const out = join(import.meta.dirname, 'out')
  const made = pages()
  const files = new Map<string, string | Buffer>([...made, ...volumes(made)])
  for (const name of servedOnly) files.delete(name)
  rmSync(out, { recursive: true, force: true })
  for (const [name, text] of files) {
    mkdirSync(dirname(join(out, name)), { recursive: true })
    writeFileSync(join(out, name), text)
  }
  console.log(`${files.size} files in book/out`)
  reportStale()
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
