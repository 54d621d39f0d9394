/** Tests. The program speaks Chinese to those who ask for it, and English costs nothing more. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { helpText } from '../../runtime/cli/help.ts'
import { speakAs } from '../../runtime/cli/voice.ts'
import { commandsOf } from '../../runtime/cli/words.ts'
import { columnsOf } from '../../runtime/columns.ts'
import { rootWithBusybox } from '../busybox.ts'
import { rowsTo } from '../rows.ts'
import { needs, scratch } from '../scratch.ts'
import { program, stepbox, type Setting } from '../stepbox.ts'
import allowed from './english-words.json' with { type: 'json' }

const inChinese = async (args: string[], setting: Setting) => {
  const { out, err } = await stepbox(['--lang', 'zh', ...args], setting)
  return out + err
}

/** Command lines, each of which needs no image and no root. */
const lines: string[] = [
  'help',
  'help lab',
  'help container',
  'frob',
  'stp x',
  'exec x',
  'compose up',
  'run --nope x',
  'run --restat no x',
  'ps --last x',
  'ps --filter x',
  'ps --format x',
  'ps one two',
  'rm',
  'rm nobody',
  'inspect nobody',
  'history nobody',
  'import nowhere name',
  'import',
  'images',
  'commit nobody',
  'diff nobody',
  'update nobody --memory 64m',
  'completion ksh',
  'replay nowhere',
  'vm frob',
  'reset --dry-run',
  '--chapter nowhere ps',
  '--chapter namespaces plan true',
  '--chapter cgroups plan --memory 64m --pids-limit 9 --cpus 0.5 true',
  '--chapter namespaces break --all',
  '--chapter cgroups break --all',
  '--chapter pivot-root break --all',
  '--chapter overlay break --all',
]

describe('with --lang zh there is no English prose left in the answer to', () => {
  test.for(lines)('stepbox %s', async (line) => {
    const said = await inChinese(line.split(' '), { root: scratch() })
    expect(said).not.toBe('')
    expect(proseIn(said)).toEqual([])
  })

  test('the help of each command, of which no line is too wide', async () => {
    const rows = await rowsTo()
    await speakAs('zh', rows)
    onTestFinished(() => speakAs('en', []))
    const texts = commandsOf(rows).map((command) => helpText({ command }, rows, []))
    expect(texts.flatMap(proseIn)).toEqual([])
    const all = texts.join('').split('\n')
    expect(all.filter((line) => columnsOf(line) > 80)).toEqual([])
  })

  /** Command lines that make containers. */
  const running: string[] = [
    'plan -it --user 1000 -w /srv --read-only --sysctl net.ipv4.ip_forward=1 busybox sh',
    'plan --ulimit nofile=9 --shm-size 1m --network host busybox sh',
    'run --rm --trace busybox true',
    'run --rm --without pivot_root busybox true',
    'run --rm --without mount busybox true',
    'run --rm busybox no-such-command',
    'run --rm -w /etc/passwd busybox true',
    'run --rm -u nobodyhere busybox true',
    'run nothing true',
    'run --memory 1 busybox true',
    'break --all',
    'doctor',
    'images nothing',
    'rmi nothing',
  ]

  test.for(running)('stepbox %s', async (line, context) => {
    needs(context, 'root', 'overlay')
    const said = await inChinese(line.split(' '), { root: await rootWithBusybox() })
    expect(proseIn(said)).toEqual([])
  })
})

describe('the language', () => {
  const root = () => scratch()
  const unknown = '没有命令“frob”'

  test('is that of the locale', async () => {
    const { err } = await stepbox(['frob'], { root: root(), env: { LANG: 'zh_CN.UTF-8' } })
    expect(err).toContain(unknown)
  })

  test('is that of --lang, which may come after the command', async () => {
    const env = { LANG: 'zh_CN.UTF-8' }
    const english = await stepbox(['rm', '--lang', 'en', '--nope'], { root: root(), env })
    expect(english.err).toContain('unknown flag: --nope')
    const chinese = await stepbox(['rm', '--nope', '--lang', 'zh'], { root: root() })
    expect(chinese.err).toContain('未知选项：--nope')
  })

  test('is English or Chinese', async () => {
    const { code, err } = await stepbox(['ps', '--lang', 'xx'], { root: root() })
    expect({ code, err }).toEqual({
      code: 125,
      err: "stepbox: invalid --lang 'xx': en or zh\nSee 'stepbox ps --help'.\n",
    })
  })

  test('changes nothing that programs read', async () => {
    const args = ['--chapter', 'namespaces', 'plan', '--format', 'json', 'true']
    const [english, chinese] = await Promise.all(
      [args, ['--lang', 'zh', ...args]].map((each) => stepbox(each, { root: root() })),
    )
    expect(chinese?.out).toBe(english?.out)
  })
})

test('a start in English reads no Chinese', async () => {
  const dir = scratch()
  const hook = join(dir, 'hook.cjs')
  writeFileSync(hook, hookText(join(dir, 'read')))
  const readWith = async (language: string) => {
    const env = { NODE_OPTIONS: `--require ${hook}` }
    const plan = ['--chapter', 'namespaces', 'plan', 'true']
    await stepbox(['--lang', language, ...plan], { root: dir, env })
    return readFileSync(join(dir, 'read'), 'utf8').trim().split('\n')
  }
  const chinese = join(program, '../chinese.cjs')
  expect(await readWith('zh')).toContain(chinese)
  expect(await readWith('en')).not.toContain(chinese)
})

/** Writes the names of the packs that the launcher has read to `file`. */
function hookText(file: string): string {
  return `const fs = require('node:fs')
const { readFileSync } = fs
const read = []
fs.readFileSync = (path, ...rest) => {
  if (/\\.cjs$/.test(String(path))) read.push(path)
  return readFileSync(path, ...rest)
}
process.on('exit', () => fs.writeFileSync(${JSON.stringify(file)}, read.join('\\n')))
`
}

/** English words that follow each other, but for calls, commands, and words that are allowed. */
function proseIn(text: string): string[] {
  const names = new RegExp(`\\b(${allowed.join('|')})\\b`, 'g')
  const withoutIp = text.replaceAll(/\/\* ip\s[^*]*\*\//g, '§') // what sends the same message
  return withoutIp.split('\n').flatMap((line) => {
    const bare = line
      .replace(/^ *\d* *[+ ]?\d? *\w+\(.*/, '') // a call
      .replace(/^.*用法：.*|^ *(stepbox|docker|bash:|zsh:|fish:) .*/, '') // usage, an example
      .replace(/^[A-Z ]+$|^ *✓ .*/, '') // the head of a table, what doctor has found
      .replaceAll(/['"“][^'"”]*['"”]/g, '§')
      .replaceAll(/--?[\w-]+( [A-Z]+)?|\/[\w./-]*/g, '§')
      .replaceAll(/stepbox [\w -]*/g, '§')
      .replaceAll(names, '§')
    return /[a-z]{2,}[;:]? [a-z]{2,}/i.test(bare) ? [line] : []
  })
}
