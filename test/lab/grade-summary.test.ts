/** Tests. The overview of a class: one page for the screen, the phone and paper. */
import { describe, expect, test } from 'vitest'
import { gradeSpeaker } from '../../runtime/lab/grade/report.ts'
import { summaryPage } from '../../runtime/lab/grade/summary.ts'
import { sources } from '../sources.ts'
import { graded, gradeOf, hostileGrade, hostileNames } from './grades.ts'

const style = sources(['runtime/lab/grade'], /summary\.css$/)[0]?.text ?? ''

async function page(grade = hostileGrade, language: 'en' | 'zh' = 'en'): Promise<string> {
  const excerpt = { file: 'a.ts', from: 3, to: 4, text: '</pre><script>x()</script>' }
  const passages = [{ a: excerpt, b: excerpt }]
  const pair = { a: 'alice', b: hostileNames.markup, share: 0.9, passages }
  return summaryPage({ ...grade, language }, [pair], await gradeSpeaker([], language))
}

/** The texts of all elements that `pattern` finds. */
function all(text: string, pattern: RegExp): (string | undefined)[] {
  return [...text.matchAll(pattern)].map(([, found]) => found)
}

describe('summary.html', () => {
  test('has rows and columns in the order of what most failed', async () => {
    const text = await page(gradeOf([graded('a', 'ppf'), graded('b', 'pff'), graded('c', 'ppp')]))
    expect(all(text, /<th scope="row"><a [^>]*>([^<]+)/g)).toEqual(['b', 'a', 'c'])
    const heads = all(text, /<th scope="col"><a [^>]*>([^<]+)/g)
    expect(heads).toEqual(['check-3', 'check-2', 'check-1'])
    expect(all(text, /<tfoot>.*?<\/th><td><\/td>(.*?)<\/tr>/g)).toEqual([
      '<td>2</td><td>1</td><td>0</td>',
    ])
  })

  test('has no script, no event handler and no address of another host', async () => {
    const text = (await page()).replace(style, '')
    const tags = all(text, /<([a-z!/][^>]*)>/g)
    expect(tags.filter((tag) => /^script|^img|\son\w+\s*=/.test(tag ?? ''))).toEqual([])
    expect(all(text, /\s(?:href|src)="([^#"][^"]*)"/g)).toEqual([])
    expect(text).toContain("default-src &#39;none&#39;")
    expect(style).not.toMatch(/url\(|@import/)
  })

  test('links only to what is in the page', async () => {
    const text = await page()
    const ids = all(text, /\sid="([^"]+)"/g)
    expect(new Set(ids).size).toBe(ids.length)
    expect(all(text, /href="#([^"]+)"/g).filter((each) => !ids.includes(each))).toEqual([])
  })

  test('lists what is blocked, what was refused, and the alike side by side', async () => {
    const text = await page()
    expect(text).toContain('<h2>Blocked</h2>')
    expect(text).toContain('was refused: it is a fifo; the starter stood in for it')
    expect(text).toContain('A hint to look, and no verdict')
    expect(all(text, /<div class="sides"><div>.*?<pre>(.*?)<\/pre>/gs)).toEqual([
      '&#60;/pre&#62;&#60;script&#62;x()&#60;/script&#62;',
    ])
  })

  test('is Chinese for a teacher who reads Chinese', async () => {
    const text = await page(hostileGrade, 'zh')
    expect(text).toContain('<html lang="zh-Hans">')
    expect(text).toContain('第 1 章（namespaces）成绩')
    expect(text).not.toMatch(/Student|Points|Blocked|Submissions|hint to look/)
  })

  test('can be read in both themes and on paper: contrast is at least 4.5', () => {
    const themes = style.split(/@media/).filter((part) => part.includes('--paper'))
    expect(themes).toHaveLength(3)
    for (const theme of themes) {
      const color = (name: string) => new RegExp(`--${name}: #(\\w{6})`).exec(theme)?.[1] ?? ''
      const pairs = [
        ...['ink', 'quiet', 'link'].map((each) => [each, 'paper']),
        ['ink', 'shade'],
        ...['pass', 'fail', 'error', 'blocked'].map((each) => [each, `${each}-on`]),
      ]
      for (const [ink = '', paper = ''] of pairs)
        expect(contrast(color(ink), color(paper)), `${ink} on ${paper}`).toBeGreaterThan(4.5)
    }
  })
})

/** As WCAG 2 has it, of two colours in hexadecimal. */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
