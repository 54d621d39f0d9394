/** The player of a walk: a list, a call with its reason and its code, pictures of what changed. */
import { escapeHtml } from '../../highlight.ts'
import type { Scene, WalkData } from '../../walk/scene.ts'
import { fill, type WalkWords } from '../../walk/words.ts'
import { besideTable } from './beside.ts'
import type { Card, View } from './card.ts'
import { facts } from './facts.ts'
import { frameOf } from './frame.ts'
import { groups } from './groups.ts'
import { isStacked, layers } from './layers.ts'
import { mounts } from './mounts.ts'
import { namespaces } from './namespaces.ts'
import { processes } from './processes.ts'
import { loadWalk, scenesOf } from './scenes.ts'
import { stepHtml, stepInWords } from './step.ts'

/** How long a call is shown while the walk plays. */
const msPerCall = 1800

/** A walk that is still being made: calls that were not made yet can be asked for. */
export interface Maker {
  /** Make the calls up to this line of the list, counted from 1. */
  goTo: (line: number) => void
  isOver: () => boolean
}

interface Player {
  element: HTMLElement
  data: WalkData
  scenes: Scene[]
  words: WalkWords
  /** How many calls are made. */
  at: number
  timer: ReturnType<typeof setTimeout> | undefined
  maker: Maker | undefined
}

/** Put a player of `data` into `stage`. Returns how to show the walk after `n` calls. */
export function openPlayer(
  stage: HTMLElement,
  { data, words, maker }: { data: WalkData; words: WalkWords; maker?: Maker },
): (n: number) => void {
  stage.innerHTML = frameOf(data, words, maker !== undefined)
  const element = stage.querySelector<HTMLElement>('.player') ?? stage
  const scenes = scenesOf(data)
  const player: Player = { element, data, words, scenes, at: 0, timer: undefined, maker }
  element.addEventListener('click', (event) => onClick(player, event))
  element.addEventListener('keydown', (event) => onKey(player, event))
  find<HTMLInputElement>(player, 'input').addEventListener('input', ({ target }) => {
    pause(player)
    show(player, Number((target as HTMLInputElement).value))
  })
  document.addEventListener('fullscreenchange', () => labelFullScreen(player))
  show(player, 0)
  return (n) => {
    if (n > scenes.length - 1) scenes.splice(0, scenes.length, ...scenesOf(data))
    show(player, n)
  }
}

/** How many calls the walk has; a live one has made some of them. */
function length({ data, maker }: Player): number {
  return maker && !maker.isOver() ? data.plan.length : data.frames.length
}

function find<E extends HTMLElement>({ element }: Player, selector: string): E {
  const found = element.querySelector<E>(selector)
  if (!found) throw new Error(selector)
  return found
}

/** Show the walk after `wanted` calls. */
function show(player: Player, wanted: number): void {
  const { element, data, scenes, words } = player
  const at = Math.max(0, Math.min(data.frames.length, wanted))
  if (wanted > at) player.maker?.goTo(wanted)
  player.at = at
  const now = scenes[at] ?? data.start
  const view: View = { now, before: scenes[at - 1] ?? now, start: data.start, words }
  find(player, '.step-now').innerHTML = stepHtml(data, at, words)
  const slider = find<HTMLInputElement>(player, 'input')
  slider.value = String(at)
  slider.setAttribute('aria-valuetext', stepInWords(data, at, words))
  find(player, '.live').textContent = stepInWords(data, at, words)
  find(player, '.place').textContent = `${at} / ${length(player)}`
  for (const card of cards(view, scenes)) draw(player, card)
  keepHeight(find(player, '.pictures'))
  for (const [name, isOff] of [['first', at === 0], ['back', at === 0]] as const)
    find<HTMLButtonElement>(player, `[data-do="${name}"]`).disabled = isOff
  for (const name of ['forward', 'last'])
    find<HTMLButtonElement>(player, `[data-do="${name}"]`).disabled = at === length(player)
  for (const button of element.querySelectorAll<HTMLElement>('.player-calls button')) {
    const place = Number(button.dataset['at'])
    button.classList.toggle('made', place < at)
    button.classList.toggle('to-come', place > data.frames.length)
    if (place === at) button.setAttribute('aria-current', 'step')
    else button.removeAttribute('aria-current')
  }
  keepInView(find(player, '.player-calls'), '[aria-current]')
  keepInView(element.querySelector('.made pre'), 'mark')
}

/** Pictures grow and shrink; what is below them stays where it is. */
function keepHeight(pictures: HTMLElement): void {
  const { width, height } = pictures.getBoundingClientRect()
  const isSame = pictures.dataset['width'] === String(width)
  pictures.style.minHeight = isSame ? `${height}px` : ''
  pictures.dataset['width'] = String(width)
}

/** Scroll the list only, never the page. */
function keepInView(list: HTMLElement | null, selector: string): void {
  const current = list?.querySelector<HTMLElement>(selector)
  if (!list || !current) return void list?.scrollTo(0, 0)
  const middle = current.offsetTop - list.clientHeight / 2 + current.clientHeight / 2
  list.scrollTop = middle
}

/** A picture that would be empty all the way is left out. */
function cards(view: View, scenes: Scene[]): Card[] {
  const hasGroups = Object.keys(view.start.groups).length > 0
  return [
    processes(view),
    namespaces(view),
    mounts(view),
    ...(scenes.some(isStacked) ? [layers(view)] : []),
    ...(hasGroups ? [groups(view)] : []),
    facts(view),
  ]
}

function draw({ element }: Player, { name, title, html }: Card): void {
  const pictures = element.querySelector('.pictures')
  let card = pictures?.querySelector<HTMLElement>(`.${name}-card`)
  if (!card) {
    card = document.createElement('section')
    card.className = `card ${name}-card`
    card.innerHTML = `<h4>${escapeHtml(title)}</h4><div></div>`
    pictures?.append(card)
  }
  const body = card.lastElementChild
  if (!body || body.innerHTML === html) return
  body.innerHTML = html
  card.classList.toggle('changed', body.querySelector('mark, .fresh, .gone, .moved') !== null)
}

function onClick(player: Player, event: Event): void {
  const button = (event.target as Element).closest('button')
  if (!button) return
  const place = button.dataset['at']
  if (place !== undefined) {
    pause(player)
    return show(player, Number(place))
  }
  act(player, button.dataset['do'] ?? '')
}

const keys: Record<string, string> = { j: 'forward', n: 'forward', k: 'back', b: 'back', p: 'play' }

function onKey(player: Player, event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const action = keys[event.key]
  if (!action) return
  event.preventDefault()
  event.stopPropagation()
  act(player, action)
}

function act(player: Player, action: string): void {
  const { at } = player
  if (action === 'play') return player.timer === undefined ? play(player) : pause(player)
  if (action === 'full') return void switchFullScreen(player)
  if (action === 'beside') return void switchBeside(player)
  pause(player)
  const places: Record<string, number> = {
    first: 0,
    back: at - 1,
    forward: at + 1,
    last: length(player),
  }
  if (places[action] !== undefined) show(player, places[action])
}

function play(player: Player): void {
  const isAtEnd = player.at >= length(player)
  show(player, isAtEnd ? 0 : player.at + 1)
  const next = () => {
    if (player.at >= length(player)) return pause(player)
    show(player, player.at + 1)
    player.timer = setTimeout(next, msPerCall)
  }
  player.timer = setTimeout(next, msPerCall)
  labelPlay(player)
}

function pause(player: Player): void {
  clearTimeout(player.timer)
  player.timer = undefined
  labelPlay(player)
}

function labelPlay(player: Player): void {
  const { words, timer } = player
  const button = find(player, '[data-do="play"]')
  button.classList.toggle('is-playing', timer !== undefined)
  button.setAttribute('aria-label', timer === undefined ? words.start : words.pause)
  button.title = timer === undefined ? words.start : words.pause
}

async function switchFullScreen({ element }: Player): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen()
  else await element.parentElement?.requestFullscreen()
}

function labelFullScreen(player: Player): void {
  const isFull = document.fullscreenElement === player.element.parentElement
  find(player, '[data-do="full"]').textContent = isFull ? player.words.leaveFull : player.words.full
}

/** Show the list beside that of the chapter before, or alone again. */
async function switchBeside(player: Player): Promise<void> {
  const { data, words } = player
  const button = find(player, '[data-do="beside"]')
  const place = find(player, '.beside')
  const isOpen = !place.hidden
  if (!isOpen && place.innerHTML === '') {
    const earlier = await loadWalk(button.dataset['chapter'] ?? '')
    place.innerHTML = besideTable(earlier, data, words)
  }
  place.hidden = isOpen
  if (!isOpen) keepInView(place.querySelector('.scroll'), 'tr.more')
  button.setAttribute('aria-expanded', String(!isOpen))
  button.textContent = isOpen ? fill(words.beside, { n: data.chapter - 1 }) : words.alone
}
