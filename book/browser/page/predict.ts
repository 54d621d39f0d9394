/** Questions: the choice that was made is marked, and only then the next output is shown. */

const isChinese = document.documentElement.lang.startsWith('zh')
const words = isChinese
  ? { show: '先选一个答案，或直接显示输出', chosen: '你的选择', right: '正确答案' }
  : { show: 'Choose an answer first, or show the output', chosen: 'your choice', right: 'right' }

/** Prepare every question of the page. */
export function askFirst(): void {
  for (const question of document.querySelectorAll<HTMLElement>('.choices')) {
    const session = sessionAfter(question)
    const reveal = session && veil(session)
    const choices = [...question.querySelectorAll<HTMLDetailsElement>('.choice')]
    for (const choice of choices)
      choice.addEventListener('toggle', () => {
        if (!choice.open || choice.name === '') return // without a name: it is opened to print
        if (!question.classList.contains('answered')) answer(question, choice)
        reveal?.()
      })
  }
}

/** Mark the first choice that is opened, and the right one. */
function answer(question: HTMLElement, chosen: HTMLElement): void {
  question.classList.add('answered')
  note(chosen, words.chosen)
  chosen.classList.add('chosen')
  const right = question.querySelector<HTMLElement>('.right')
  if (right && right !== chosen) note(right, words.right)
}

function note(choice: HTMLElement, text: string): void {
  const small = document.createElement('small')
  small.textContent = text
  choice.querySelector('summary')?.append(' ', small)
}

/** The next session, unless another question or another section begins before. */
function sessionAfter(question: HTMLElement): HTMLElement | undefined {
  const marks = 'main :is(h1, h2, h3, .choices, .console)'
  const all = [...document.querySelectorAll<HTMLElement>(marks)]
  const next = all.slice(all.indexOf(question) + 1).find((each) => !question.contains(each))
  return next?.matches('.console') ? next : undefined
}

/** Make what the session printed unreadable; its commands stay. Returns how to show it again. */
function veil(session: HTMLElement): () => void {
  const code = session.querySelector('code')
  const printed = [...(code?.childNodes ?? [])].filter(isOutput)
  const spans = printed.map((node) => {
    const span = document.createElement('span')
    span.className = 'output'
    span.setAttribute('aria-hidden', 'true')
    node.replaceWith(span)
    span.append(node)
    return span
  })
  if (spans.length === 0) return () => {}
  const button = document.createElement('button')
  button.className = 'unveil'
  button.textContent = words.show
  session.before(button)
  session.classList.add('veiled')
  const reveal = () => {
    session.classList.remove('veiled')
    for (const span of spans) span.replaceWith(...span.childNodes)
    button.remove()
  }
  button.addEventListener('click', reveal, { once: true })
  return reveal
}

/** Prompts and commands are elements of their own; see highlight.ts. */
function isOutput(node: ChildNode): boolean {
  if (node instanceof Element) return !node.matches('.p, b')
  return (node.textContent ?? '').trim() !== ''
}
