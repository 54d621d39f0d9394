/** `--volumes-from CONTAINER[:ro|rw]`: what another container has mounted. */
import { findContainer } from '../container/find.ts'
import type { AskedMount } from './mounts.ts'

/** The mounts of the container that `word` names, but for files in memory, which are its own. */
export function mountsFrom(root: string, word: string): AskedMount[] {
  const { name, isReadOnly } = volumesFromIn(word)
  const { mounts = [] } = findContainer(root, name)
  return mounts.flatMap((each): AskedMount[] => {
    if (each.type === 'tmpfs' && each.from === 'tmpfs') return []
    const { mode: _, typed: __, ...rest } = each
    return [{ ...rest, readOnly: each.readOnly || isReadOnly, from: 'container' } as AskedMount]
  })
}

/** A word after the flag, taken apart by Docker's rules. Throws in its words. */
export function volumesFromIn(word: string): { name: string; isReadOnly: boolean } {
  if (word === '') throw new Error('volumes-from specification cannot be an empty string')
  const [name = '', ...rest] = word.split(':')
  const mode = rest.join(':')
  const isMode = rest.length === 0 || /^(r[ow]|[zZ]|r[ow],[zZ]|[zZ],r[ow])$/.test(mode)
  if (!isMode) throw new Error(`invalid mode: ${mode}`)
  if (name === '') throw new Error(`--volumes-from '${word}' names no container`)
  return { name, isReadOnly: mode.split(',').includes('ro') }
}
