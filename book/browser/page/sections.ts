/** The section that is being read: marked in the contents, kept when the language is switched. */

/** The heading that the text at the top of the window belongs to. */
export function headingHere(): HTMLElement | undefined {
  const headings = [...document.querySelectorAll<HTMLElement>('main :is(h2, h3)[id]')]
  return headings.findLast((heading) => heading.getBoundingClientRect().top < 140)
}

export function followSections(): void {
  const menu = document.querySelector<HTMLElement>('.menu')
  const language = document.querySelector<HTMLAnchorElement>('.language')
  const bare = language?.href ?? ''
  language?.addEventListener('click', () => {
    const other = headingHere()?.dataset['other']
    language.href = other ? `${bare}#${encodeURIComponent(other)}` : bare
  })
  menu?.addEventListener('click', ({ target }) => {
    if (target instanceof HTMLAnchorElement && menu.matches(':popover-open')) menu.hidePopover()
  })
  if (!menu) return
  const links = [...menu.querySelectorAll<HTMLAnchorElement>('a[href^="#"]')]
  let marked: Element | undefined
  const mark = (): void => {
    const above = [...document.querySelectorAll('main :is(h2, .part)[id]')]
    const ids = above.filter((each) => each.getBoundingClientRect().top < 140).map(({ id }) => id)
    const link = links.findLast(({ hash }) => decodeURIComponent(hash.slice(1)) === ids.at(-1))
    if (link === marked) return
    marked?.classList.remove('is-here')
    link?.classList.add('is-here')
    marked = link
    if (link && menu.scrollHeight > menu.clientHeight) keepInView(menu, link)
  }
  let isWaiting = false
  const soon = (): void => {
    if (isWaiting) return
    isWaiting = true
    requestAnimationFrame(() => ((isWaiting = false), mark()))
  }
  addEventListener('scroll', soon, { passive: true })
  mark()
}

function keepInView(menu: HTMLElement, link: HTMLElement): void {
  const { top, bottom } = menu.getBoundingClientRect()
  const box = link.getBoundingClientRect()
  if (box.top < top + 40 || box.bottom > bottom - 40) menu.scrollTop += box.top - (top + bottom) / 2
}
