/** Where the reader stopped: kept for the first page, which offers to go on there. */
import { headingHere } from './sections.ts'
import { store } from './store.ts'
import { words } from './words.ts'

interface Place {
  page: string
  id: string
  /** The title of the chapter, and that of the section. */
  title: string
  section: string
}

/** The key: a place is one of a language. */
function key(): string {
  return `place-${document.documentElement.lang}`
}

export function keepPlace(): void {
  const { page = '' } = document.body.dataset
  if (/^\d\d-/.test(page)) addEventListener('scrollend', () => note(page), { passive: true })
  else if (page === 'index') offer()
  if (/^\d\d-/.test(page)) note(page)
}

function note(page: string): void {
  const heading = headingHere()
  const place: Place = {
    page,
    id: heading?.id ?? '',
    title: document.querySelector('h1')?.textContent ?? '',
    section: heading?.firstChild?.textContent ?? '',
  }
  store.set(key(), JSON.stringify(place))
  const read = new Set((store.get('read') ?? '').split(' '))
  store.set('read', [...read.add(page.slice(0, 2))].filter(Boolean).join(' '))
}

function offer(): void {
  for (const number of (store.get('read') ?? '').split(' '))
    document.querySelector(`[data-chapter="${number}"]`)?.classList.add('is-read')
  const start = document.querySelector<HTMLAnchorElement>('.start')
  const place = JSON.parse(store.get(key()) ?? 'null') as Place | null
  if (!start || !place || !/^\d\d-[a-z-]+$/.test(place.page)) return
  start.href = `${place.page}.html${place.id ? `#${encodeURIComponent(place.id)}` : ''}`
  start.textContent = `${words().goOn}: ${[place.title, place.section].filter(Boolean).join(' · ')}`
}
