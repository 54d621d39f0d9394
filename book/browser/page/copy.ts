/** Copy buttons. Of a session they copy the commands, without prompts and outputs. */
import { words } from './words.ts'

export function addCopyButtons(): void {
  for (const block of document.querySelectorAll('main pre')) {
    const code = block.querySelector('code')
    const text = code && textToCopy(block, code)
    if (!text) continue
    const button = document.createElement('button')
    button.className = 'copy'
    button.type = 'button'
    button.textContent = words().copy
    button.addEventListener('click', () => {
      void write(text).then(() => {
        button.textContent = words().copied
        setTimeout(() => (button.textContent = words().copy), 1500)
      })
    })
    block.append(button)
  }
}

function textToCopy(block: Element, code: Element): string {
  if (block.classList.contains('text')) return ''
  if (!block.classList.contains('console')) return `${code.textContent}\n`
  const commands = [...code.querySelectorAll('b')].map((line) => line.textContent.slice(1))
  return commands.length ? `${commands.join('\n')}\n` : ''
}

/** Pages from a file, or from a machine without encryption, may not have the clipboard. */
async function write(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
  }
}
