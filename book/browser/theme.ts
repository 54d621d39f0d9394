/** Before the first paint: the theme that the reader chose, and that there are scripts. */
const page = document.documentElement
page.dataset['scripts'] = ''
try {
  const chosen = localStorage.getItem('theme')
  if (chosen === 'light' || chosen === 'dark') page.dataset['theme'] = chosen
} catch {
  // ignoring: without storage, the theme is the system's
}
