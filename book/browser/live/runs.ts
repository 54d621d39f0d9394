/** A Run button on each session: its commands are typed in the terminal of the page. */
import { fill } from '../../walk/words.ts'
import type { Drawer } from './drawer.ts'
import type { LiveWords } from './words.ts'

interface Run {
  session: HTMLElement
  button: HTMLButtonElement
  status: HTMLElement
  /** Its commands, as the page shows them: the lines of each. */
  commands: HTMLElement[][]
}

export function addRunButtons(drawer: Drawer, words: LiveWords): void {
  const sessions = [...document.querySelectorAll<HTMLElement>('.session')]
  const runs = sessions.map((session) => withButton(session, words))
  let running: Run | undefined
  const end = (said: string): void => {
    if (!running) return
    mark(running, -1)
    running.status.textContent = said
    running = undefined
    for (const { button } of runs) label(button, { isStop: false, isOff: false }, words)
  }
  const show = (at: number): void => {
    if (!running) return
    const all = running.commands.length
    mark(running, at)
    running.status.textContent = fill(words.running, { n: Math.min(at + 1, all), all })
  }
  const start = async (run: Run): Promise<void> => {
    if (running === run) return drawer.interrupt()
    if (running) return
    running = run
    for (const each of runs)
      label(each.button, { isStop: each === run, isOff: each !== run }, words)
    show(0)
    try {
      await drawer.open()
      drawer.tell({ run: Number(run.session.dataset['session']) })
    } catch {
      end(words.lost)
    }
  }
  for (const run of runs) run.button.addEventListener('click', () => void start(run))
  drawer.listen((message) => {
    if (!message) return end(words.stopped)
    const { ran, done } = message as { ran?: { command: number }; done?: { stopped?: boolean } }
    if (ran) show(ran.command + 1)
    if (done) end(done.stopped ? words.stopped : words.ran)
  })
}

function withButton(session: HTMLElement, words: LiveWords): Run {
  const button = document.createElement('button')
  button.className = 'run-session'
  button.type = 'button'
  label(button, { isStop: false, isOff: false }, words)
  const status = document.createElement('span')
  status.className = 'run-status'
  status.setAttribute('role', 'status')
  const bar = document.createElement('div')
  bar.className = 'session-bar'
  bar.append(status, button)
  session.append(bar)
  return { session, button, status, commands: commandsIn(session) }
}

function label(
  button: HTMLButtonElement,
  { isStop, isOff }: { isStop: boolean; isOff: boolean },
  words: LiveWords,
): void {
  button.textContent = isStop ? `■ ${words.stop}` : `▶ ${words.run}`
  button.title = isStop ? words.stop : words.runLabel
  button.disabled = isOff
}

/** A command goes on in the lines after it whose prompt is `>`. */
function commandsIn(session: HTMLElement): HTMLElement[][] {
  const commands: HTMLElement[][] = []
  for (const line of session.querySelectorAll<HTMLElement>('code > b')) {
    const isMore = line.previousElementSibling?.textContent.startsWith('>')
    if (isMore) commands.at(-1)?.push(line)
    else commands.push([line])
  }
  return commands
}

/** Mark command `at` as the one that runs; -1 marks none. */
function mark({ commands }: Run, at: number): void {
  for (const [index, lines] of commands.entries())
    for (const line of lines) line.classList.toggle('is-running', index === at)
}
