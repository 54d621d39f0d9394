/** On paper nothing can be unfolded: what is folded opens before printing, and closes after. */
export function unfoldToPrint(): void {
  let opened: HTMLDetailsElement[] = []
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll<HTMLDetailsElement>('details:not([open])')]
    for (const each of opened) {
      each.dataset['group'] = each.name
      each.removeAttribute('name') // of one name, only one is open
      each.open = true
    }
  })
  addEventListener('afterprint', () => {
    for (const each of opened) {
      each.open = false
      if (each.dataset['group']) each.name = each.dataset['group']
      delete each.dataset['group']
    }
  })
}
