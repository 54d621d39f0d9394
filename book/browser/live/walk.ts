/** A walk that is made now: the player asks for calls, and draws each after it was made. */
import { patchBetween } from '../../../runtime/tools/walk/merge-patch.ts'
import { sceneOf, shortIds, type Observed } from '../../walk/observed.ts'
import type { Scene, WalkChange, WalkCode, WalkData } from '../../walk/scene.ts'
import type { WalkFrame, WalkLine } from '../../walk/scene.ts'
import { fill, type WalkWords } from '../../walk/words.ts'
import { openPlayer } from '../walk/player.ts'
import { chapterHere } from './can.ts'
import { connect } from './socket.ts'
import { liveWords } from './words.ts'

interface Wanted {
  stage: HTMLElement
  /** Where it is said how the walk is going. */
  status: HTMLElement
  query: string
  /** The recorded walk: it knows why calls of the same reason change nothing. */
  recorded: WalkData
  words: WalkWords
  restart: () => void
}

/** What the server says, one key a message; see book/live/walk.ts. */
interface Message {
  /** What is typed for it, beside the plan. */
  command?: string
  plan?: WalkLine[]
  code?: WalkCode[]
  next?: { line: number; call: string }
  done?: { line: number; result: number; errno: string | null }
  change?: WalkChange
  state?: Observed
  output?: string
  ended?: { exit: number; ms: number }
  error?: string
  exit?: number
}

/** Start it. Returns how to end it: the server undoes what it has made. */
export function startWalk({ stage, status, query, recorded, words, restart }: Wanted): () => void {
  const said = liveWords()
  let [lines, code]: [WalkLine[], WalkCode[]] = [[], []]
  let command = recorded.command
  let data: WalkData | undefined
  let last: Scene | undefined
  let frame: WalkFrame | undefined
  let show = (_n: number): void => {}
  let goal = 0
  let [isOver, isWaiting, wasAbandoned] = [false, false, false]
  const goOn = (): void => {
    if (!isWaiting || !data || data.frames.length >= goal) return
    isWaiting = false
    socket.tell({ command: 'next' })
  }
  const goTo = (line: number): void => {
    goal = line
    goOn()
  }
  /** The call that was made last, with what is seen after it. */
  const keep = (after: Scene | undefined): void => {
    if (!data || !frame) return
    const patch = after && last && patchBetween(last, after)
    const seen = unseenOf(frame, recorded, data)
    data.frames.push(patch === undefined ? seen : { ...seen, patch })
    frame = undefined
    last = after ?? last
    show(data.frames.length)
  }
  const seen = (scene: Scene): void => {
    if (data) keep(scene)
    else {
      data = { ...recorded, command, plan: lines, code, start: scene, frames: [] }
      last = scene
      const maker = { goTo, isOver: () => isOver }
      show = openPlayer(stage, { data, words, maker })
      addEnd(stage, said.quit, () => socket.tell({ command: 'quit' }))
      status.textContent = said.liveSaid
    }
    isWaiting = true
    goOn()
  }
  const over = (text: string): void => {
    if (isOver) return
    isOver = true
    keep(undefined)
    if (data) show(data.frames.length)
    status.textContent = text
    addEnd(stage, said.startOver, restart)
  }
  const take = (message: Message): void => {
    const { plan, next, done, change, state, output, ended, error, exit } = message
    if (plan) [lines, code, command] = [plan, message.code ?? [], message.command ?? command]
    if (next) {
      const line = lines[next.line - 1]
      if (line) line.strace = next.call
      socket.tell({ command: 'inspect' })
    }
    if (state) seen(sceneOf(state))
    if (done) {
      keep(undefined)
      const { line, result, errno } = done
      if (line > 0)
        frame = { index: line - 1, changes: [], ...(errno === null ? { result } : { errno }) }
    }
    if (change) frame?.changes.push(change)
    if (output !== undefined) print(stage, output, said.prints)
    if (ended) over(fill(said.containerEnded, { n: ended.exit, ms: ended.ms }))
    if (error !== undefined) status.textContent = error
    if (exit !== undefined && data) over(said.quitSaid)
  }
  const socket = connect({
    path: `/live/walk?chapter=${chapterHere()}${query}`,
    onMessage: (message) => wasAbandoned || take(shortIds(message) as Message),
    onClose: () => wasAbandoned || (data ? over(said.quitSaid) : undefined),
  })
  return () => {
    wasAbandoned = true
    socket.close()
  }
}

/** Why no change was seen, if none was: as in the recorded walk. */
function unseenOf(frame: WalkFrame, recorded: WalkData, { plan }: WalkData): WalkFrame {
  if (frame.changes.length > 0) return frame
  const why = plan[frame.index]?.why
  const same = recorded.frames.find(({ index }) => recorded.plan[index]?.why === why)
  const { unseen, chinese } = same ?? {}
  return unseen === undefined || chinese === undefined ? frame : { ...frame, unseen, chinese }
}

/** The last button of the player's head: to quit, and then to start again. */
function addEnd(stage: HTMLElement, text: string, act: () => void): void {
  const button = document.createElement('button')
  button.className = 'end-walk'
  button.textContent = text
  button.addEventListener('click', act)
  stage.querySelector('.end-walk')?.remove()
  stage.querySelector('.player-head span')?.append(button)
}

function print(stage: HTMLElement, text: string, label: string): void {
  let place = stage.querySelector('.walk-output pre')
  if (!place) {
    const section = document.createElement('div')
    section.className = 'walk-output'
    section.innerHTML = `<small>${label}</small><pre></pre>`
    stage.querySelector('.player-body')?.before(section)
    place = section.querySelector('pre')
  }
  place?.append(`${text}\n`)
}
