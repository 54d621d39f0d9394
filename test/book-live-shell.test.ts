/** Tests. The terminal of a page, its sessions and tests; what is left when it closes. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext, vi } from 'vitest'
import { chapterNumbers, folderOf } from '../book/live/chapters.ts'
import { commandsIn, sessionsIn } from '../book/sessions.ts'
import { tryRead } from '../runtime/files.ts'
import { connect, groupsOf, liveBook, type Book, type Client } from './live.ts'
import { needs, scratch } from './scratch.ts'

const checkout = join(import.meta.dirname, '..')
const first = chapterNumbers()[0] ?? 0
const last = chapterNumbers().at(-1) ?? 0
const prompt = / #\x1b\[0m $/

describe('the terminal', () => {
  test('is a root shell in an empty directory, with stepbox on its path', async (context) => {
    const { client } = await shell(context)
    client.type('echo "user $(id -u) at $STEPBOX_CHAPTER, $(ls -A | wc -l) files in $PWD"\r')
    await client.shows(RegExp(`user 0 at ${last}, 0 files in /`))
    const [, dir = ''] = /0 files in (\S+)/.exec(client.shown()) ?? []
    client.type('touch file; stepbox --version; exit 3\r')
    await client.shows(/\d+\.\d+\.\d+/)
    expect(await client.told(({ exit }) => exit !== undefined)).toEqual({ exit: 3 })
    expect(await client.closed).toBe(1000)
    expect(existsSync(dir)).toBe(false)
  })

  test('has the size of the page’s, and follows when that changes', async (context) => {
    const { client } = await shell(context)
    client.type(`sh -c 'trap "stty size" WINCH; stty size; while :; do sleep 0.1; done'\r`)
    await client.shows(/30 100\r\n/)
    client.say({ resize: [120, 40] })
    await client.shows(/40 120\r\n/)
  })

  test('takes keys as a terminal does: Ctrl-C interrupts what runs', async (context) => {
    const { client } = await shell(context)
    // Only what has the terminal says so: before that, Ctrl-C would go to the shell.
    client.type("sh -c 'echo $((6 * 7)); exec sleep 1000'\r")
    await client.shows(/42\r\n/)
    client.type('\x03')
    await client.shows(prompt)
    client.type('echo status $?\r')
    await client.shows(/status 130\r\n/)
  })

  test('prints more than the page takes, and waits until it does', async (context) => {
    const { client } = await shell(context)
    client.socket.pause()
    client.type('yes 0123456789 | head -c 3000000; echo; echo $((6 * 7)) is all\r')
    client.socket.resume()
    await client.shows(/42 is all\r\n/)
    expect(client.shown().length).toBeGreaterThan(3_000_000)
  })
})

describe('a session that is run', () => {
  test('is typed as it stands in the text, each command after the one before', async (context) => {
    needs(context, 'root', 'bash')
    const book = await liveBook()
    const text = readFileSync(join(checkout, folderOf(first), 'README.md'), 'utf8')
    const all = commandsIn(text)
    const at = all.findIndex((commands) => commands.some((each) => each.includes('readlink')))
    expect(all[at]?.length).toBeGreaterThan(1)
    const commands = all[at] ?? []
    const client = await connect(book, `/live/terminal?chapter=${first}&cols=200&rows=50`)
    const typed = join(scratch(), 'typed')
    const noted = `fc -ln -1 | sed '1s/^\\t //' >> ${typed}; printf '\\0' >> ${typed}`
    client.type(`shopt -s lithist; HISTCONTROL=; PROMPT_COMMAND="${noted}; $PROMPT_COMMAND"\r`)
    client.type('echo $((6 * 7))\r')
    await client.shows(/42\r\n[^]* #/)
    writeFileSync(typed, '')
    client.say({ run: at })
    await client.told(({ done }) => done?.session === at)
    const of = commands.length
    const ran = client.messages().flatMap(({ ran }) => ran ?? [])
    expect(ran).toEqual(commands.map((_, command) => ({ session: at, command, of })))
    expect(readFileSync(typed, 'utf8').split('\n\0').slice(0, -1)).toEqual(commands)
  })

  test('has every command of the text, and no other word', async () => {
    for (const number of chapterNumbers()) {
      const text = readFileSync(join(checkout, folderOf(number), 'README.md'), 'utf8')
      const typed = commandsIn(text).flat()
      const played = sessionsIn(text, 'host').map(({ command }) => command)
      expect(played.filter((command) => !typed.includes(command))).toEqual([])
      expect(typed.filter((command) => !text.includes(command.split('\n')[0] ?? '?'))).toEqual([])
      expect(typed.filter((command) => /\{[a-z]+:[a-z]\}/.test(command))).toEqual([])
    }
  })
})

describe('a socket that closes in the middle', () => {
  test('takes the shell, its jobs, its containers and their groups with it', async (context) => {
    needs(context, 'root', 'bash', 'overlay')
    const book = await liveBook()
    const data = process.env['STEPBOX_ROOT'] ?? ''
    const client = await connect(book, `/live/terminal?chapter=${last}`)
    const seconds = 1_000_000 + Math.floor(Math.random() * 1e6)
    const place = scratch()
    const sleep = `sleep ${seconds}`
    client.type(`mount -t tmpfs mine ${place}; setsid -f ${sleep}; nohup ${sleep} &\r`)
    client.type(`stepbox run --rm -m 64m busybox sh -c 'echo in $((6 * 7)); ${sleep}'\r`)
    await client.shows(/in 42/)
    const [id = ''] = readdirSync(join(data, 'running'))
    await vi.waitFor(() => expect(sleepers(seconds)).toBeGreaterThan(2), 10_000)
    expect(groupsOf(id).length).toBeGreaterThan(0)
    client.socket.terminate()
    await book.close()
    expect(sleepers(seconds)).toBe(0)
    expect(groupsOf(id)).toEqual([])
    expect(readdirSync(join(data, 'running'))).toEqual([])
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(place)
  })

  test('ends the tests that it has begun', async (context) => {
    needs(context, 'root', 'bash')
    const book = await liveBook()
    const client = await connect(book, `/live/tests?chapter=${first}`)
    const { test } = await client.told(({ test }) => test?.state === 'pass')
    expect(test.name).toMatch(/\w+ \w+/)
    expect(test.ms).toBeGreaterThanOrEqual(0)
    client.socket.terminate()
    await book.close()
    expect(below(process.pid).filter((command) => command.includes('test/run.mjs'))).toEqual([])
  }, 120_000)
})

/** How many processes sleep for so long. */
function sleepers(seconds: number): number {
  const command = `sleep\0${seconds}\0`
  return readdirSync('/proc').filter((pid) => commandOf(pid).startsWith(command)).length
}

/** The commands of all processes below this one. */
function below(pid: number): string[] {
  const children = readdirSync('/proc').filter((each) => parentOf(each) === pid)
  return children.flatMap((each) => [commandOf(each), ...below(Number(each))])
}

function parentOf(pid: string): number {
  const status = tryRead(`/proc/${pid}/status`) ?? ''
  return Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1] ?? -1)
}

function commandOf(pid: string): string {
  return (/^\d+$/.test(pid) && tryRead(`/proc/${pid}/cmdline`)) || ''
}

/** A terminal with a prompt. */
async function shell(context: TestContext): Promise<{ book: Book; client: Client }> {
  needs(context, 'root', 'bash')
  const book = await liveBook()
  const client = await connect(book, `/live/terminal?chapter=${last}&cols=100&rows=30`)
  await client.shows(prompt)
  return { book, client }
}
