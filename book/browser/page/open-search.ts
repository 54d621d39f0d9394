/** Opens the search. Its script and the texts are loaded at the first use. */
let isLoading = false

export function openSearch(): void {
  const { up = '' } = document.body.dataset
  if (isLoading) return void dispatchEvent(new Event('stepbox-search'))
  isLoading = true
  const index = load(`${up}texts-${document.documentElement.lang}.js`)
  index.addEventListener('load', () => load(`${up}search.js`))
}

function load(src: string): HTMLScriptElement {
  const script = document.createElement('script')
  script.src = src
  document.head.append(script)
  return script
}
