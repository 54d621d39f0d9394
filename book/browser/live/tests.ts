/** The tests of the chapter, and the checks of the workspace, with each verdict as it comes. */
import { fill } from '../../walk/words.ts'
import { chapterHere } from './can.ts'
import { connect, type Socket } from './socket.ts'
import type { LiveWords } from './words.ts'

interface Verdict {
  name: string
  state: 'pass' | 'fail' | 'skip'
  ms?: number
  message?: string
}

const signs = { pass: '✓', fail: '✗', skip: '–' } as const

/** Panels at the end of the chapter's text. */
export function addTests(workspace: string | null, words: LiveWords): void {
  const place = document.querySelector('.live-tests')
  if (!place) return
  place.append(panel('', [words.tests, words.testsSaid], words))
  if (workspace === null) return
  const said = fill(words.workspaceSaid, { dir: workspace })
  place.append(panel('&workspace=1', [words.workspace, said], words))
}

function panel(more: string, [title, said]: [string, string], words: LiveWords): HTMLElement {
  const section = document.createElement('section')
  section.className = 'tests-panel'
  section.innerHTML = `<div class="tests-head"><h2></h2><button></button></div>
<p class="tests-said"></p><p class="counts" role="status"></p><ol class="verdicts" hidden></ol>
<details class="all-output" hidden><summary>${words.output}</summary>
<pre tabindex="0"></pre></details>`
  const part = <E extends HTMLElement>(name: string): E => section.querySelector<E>(name)!
  part('h2').textContent = title
  part('.tests-said').textContent = said
  const button = part<HTMLButtonElement>('button')
  button.textContent = `▶ ${words.runTests}`
  let socket: Socket | undefined
  const start = (): void => {
    const counts = { pass: 0, fail: 0, skip: 0 }
    let ended: number | undefined
    part('.verdicts').replaceChildren()
    part('pre').textContent = ''
    part('.verdicts').hidden = part('.all-output').hidden = false
    button.textContent = `■ ${words.stop}`
    const count = (end = words.busy): void => {
      part('.counts').innerHTML = countsHtml(counts, words, end)
    }
    count()
    socket = connect({
      path: `/live/tests?chapter=${chapterHere()}${more}`,
      onMessage({ line, test, exit }) {
        if (typeof line === 'string') part('pre').append(`${line}\n`)
        if (typeof exit === 'number') ended = exit
        if (!test) return
        const verdict = test as Verdict
        counts[verdict.state]++
        add(part('.verdicts'), verdict)
        count()
      },
      onClose() {
        socket = undefined
        button.textContent = `▶ ${words.again}`
        const isGood = ended === 0 && counts.pass > 0
        const code = fill(words.exit, { n: ended ?? '' })
        count(ended === undefined ? words.stopped : isGood ? words.allPass : code)
      },
    })
  }
  button.addEventListener('click', () => (socket ? socket.close() : start()))
  return section
}

function countsHtml(
  { pass, fail, skip }: Record<Verdict['state'], number>,
  words: LiveWords,
  end: string,
): string {
  const parts = [
    `<b class="pass">${fill(words.passed, { n: pass })}</b>`,
    ...(fail ? [`<b class="fail">${fill(words.failed, { n: fail })}</b>`] : []),
    ...(skip ? [`<b class="skip">${fill(words.skipped, { n: skip })}</b>`] : []),
    end,
  ]
  return parts.join(' · ')
}

/** The list follows its end while the reader is there. */
function add(list: HTMLElement, { name, state, ms, message }: Verdict): void {
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 24
  const item = document.createElement('li')
  item.className = state
  const sign = document.createElement('b')
  sign.textContent = signs[state]
  sign.setAttribute('aria-label', state)
  item.append(sign, ` ${name} `)
  if (ms) item.append(inElement('small', `${ms} ms`))
  if (message) item.append(inElement('pre', message))
  list.append(item)
  if (isAtEnd) list.scrollTop = list.scrollHeight
}

function inElement(tag: 'small' | 'pre', text: string): HTMLElement {
  const element = document.createElement(tag)
  element.textContent = text
  return element
}
