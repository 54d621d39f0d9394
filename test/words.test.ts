/** Tests. Foreign words: whatever they hold, a terminal shows them and does not obey them. */
import { describe, expect, test } from 'vitest'
import { commandsOf } from '../runtime/cli/words.ts'
import { columnsOf, cut, padded } from '../runtime/columns.ts'
import { asJson, printable, printableMessage } from '../runtime/printable.ts'
import { quote } from '../runtime/strace.ts'
import { draw, type Scene } from '../runtime/tools/walk/screen.ts'
import { wrap } from '../runtime/tools/wrap.ts'
import { hostileRecording, hostileRoot, isShown, linesOf, rawIn } from './hostile-words.ts'
import { rowsTo } from './rows.ts'
import { needs } from './scratch.ts'
import { stepbox } from './stepbox.ts'

describe('a foreign word is written out', () => {
  const written: Record<string, string> = {
    'a\x1b[2Jb\x07\x7f': 'a\\x1b[2Jb\\x07\\x7f',
    'two\nlines\r\t': 'two\\nlines\\r\\t',
    '\x9b5m\x85': '\\u009b5m\\u0085',
    '\u202egnp.exe\u2066\u200f\u061c': '\\u202egnp.exe\\u2066\\u200f\\u061c',
    'no\u200bthing\ufeff\u00ad\u2060\u2028': 'no\\u200bthing\\ufeff\\u00ad\\u2060\\u2028',
    'tag\u{e0041}\ue000\uffff\u{10ffff}': 'tag\\u{e0041}\\ue000\\uffff\\u{10ffff}',
    'bytes\udcff\udc80\ud800': 'bytes\\xff\\x80\\ud800',
    'joined\u200dletters\ufe0f': 'joined\\u200dletters\\ufe0f',
  }
  for (const [word, expected] of Object.entries(written))
    test(`as ${expected}`, () => {
      expect(printable(word)).toBe(expected)
      expect(JSON.parse(asJson({ [word]: word }))).toEqual({ [word]: word })
      expect(rawIn(asJson({ [word]: word }))).toBeUndefined()
    })

  test('and text of any script stays as it is, emoji too', () => {
    const joined = 'می\u200cخواهم क्\u200dष e\u0301'
    const texts = ['straße Ωμέγα Привет 中文 ひらがな 한국어 עברית ไทย', joined]
    const emoji = ['👍🏽 🇩🇪 1\ufe0f\u20e3', '👩\u200d💻 ❤\ufe0f 🏳\ufe0f\u200d🌈', 'C:\\\\x1b']
    for (const text of [...texts, ...emoji]) expect(printable(text)).toBe(text)
  })

  test('in the notation of strace, where it is in a call', () => {
    expect(quote('\x1b[2J\x017\u202e\x9b"\\\udcff')).toBe(
      String.raw`"\33[2J\0017\342\200\256\302\233\"\\\377"`,
    )
    expect(quote('中👩\u200d💻')).toBe('"中👩\u200d💻"')
  })

  test('in a message too, where only our own lines are lines', () => {
    expect(printableMessage("no image 'a\nstepbox: done'\n  our second line")).toBe(
      "no image 'a\\nstepbox: done'\n  our second line",
    )
  })
})

describe('columns', () => {
  const widths: [string, number][] = [
    ...([['abc', 3], ['中文', 4], ['한국', 4], ['ｱｲ', 2], ['ｗ', 2], ['e\u0301', 1]] as const),
    ...([['👍🏽', 2], ['👩\u200d💻', 2], ['🇩🇪', 2], ['\x1b[1mbold\x1b[22m', 4]] as const),
  ].map(([text, width]) => [text, width])

  test.for(widths)('%s takes %i', ([text, width]) => {
    expect(columnsOf(text)).toBe(width)
    expect(columnsOf(padded(text, 9))).toBe(9)
    expect(columnsOf(cut(text.repeat(9), 6))).toBeLessThanOrEqual(6)
  })

  test('a line is cut between characters, never inside one', () => {
    expect(cut('中文字', 4)).toBe('中…')
    expect(cut('👩\u200d💻👩\u200d💻👩\u200d💻', 4)).toBe('👩\u200d💻…')
    expect(wrap('中文中文中文', 5)).toEqual(['中文', '中文', '中文'])
  })

  test('are wrapped in time that grows with the text, in one word too', () => {
    const timeOf = (length: number) => {
      const word = `é${'n'.repeat(length)}`
      const begin = performance.now()
      expect(wrap(word, 66)).toHaveLength(Math.ceil((length + 1) / 66))
      return performance.now() - begin
    }
    let [short, long] = [Infinity, Infinity]
    for (let time = 0; time < 40; time++) {
      short = Math.min(short, timeOf(2000))
      long = Math.min(long, timeOf(16_000))
    }
    expect(long / short).toBeLessThan(30) // 8, or 64 if each line costs the rest
  })
})

describe('no foreign word reaches the terminal as it is', () => {
  test('from the screen of the debugger and of replay, in either view', () => {
    const { plan, start, frames } = hostileRecording
    const scene: Scene = {
      ...{ title: hostileRecording.kernel, plan, start, done: frames, next: 0, scroll: 0 },
      ...{ isInspecting: false, keys: [], rows: 400, columns: 250 },
    }
    const shots = [scene, { ...scene, isInspecting: true }, { ...scene, message: start.cwd }]
    const text = shots.flatMap(draw).join('\n')
    expect(rawIn(text)).toBeUndefined()
    const state = 'command hostname root cwd uid gid uidMap capabilities umask target type options'
    const words = `${state} namespace limit membership descriptor more kernel strace why errno text`
    expect(words.split(' ').filter((name) => !isShown(text, name))).toEqual([])
  })

  test('whatever the command, for people and as JSON', async (context) => {
    needs(context, 'root')
    const { root, things } = await hostileRoot()
    const isRemoving = ([name = '']: string[]) => Number(/^rmi?$/.test(name))
    const all = commandsOf(await rowsTo()).flatMap((spec) => linesOf(spec, things))
    const left = all.sort((a, b) => isRemoving(a) - isRemoving(b))
    const wrong: unknown[] = []
    let printed = ''
    const work = async () => {
      for (let args = left.shift(); args; args = left.shift()) {
        const { out, err } = await stepbox(args, { root, env: { FORCE_COLOR: '1' } })
        printed += out + err
        if (args.includes('--format') && out !== '') JSON.parse(out)
        wrong.push(...[out, err].map(rawIn).filter(Boolean).map((raw) => [args, raw]))
      }
    }
    await Promise.all([work(), work(), work()])
    expect(wrong).toEqual([])
    const ofImages = 'author created cmd env /workdir labelValue when createdBy comment whole'
    const ofContainers = 'hostname argv imageName signal newer host if comm argument source'
    const others = 'damaged digest /dir root strace errno topic text typed other'
    const words = `${ofImages} ${ofContainers} ${others}`.split(' ')
    expect(words.filter((name) => !isShown(printed, name))).toEqual([])
  }, 240_000)
})
