/** Hears of saves: by events of the kernel, or by looking at the files all the time. */
import { readFileSync, watch, type FSWatcher } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Call `changed` after each save of one of `files`, until the function that it gives is called.
 * Editors write in place, or write another file and rename it, or remove the file first: so the
 * directories are watched, and what counts is that the text is another one and stays so. Without
 * events, as on NFS and on Windows' disks under WSL, `isPolling` looks ten times a second; a look
 * each second is for directories that were replaced, whose events end.
 */
export function onSave(files: string[], isPolling: boolean, changed: () => void): () => void {
  let known = textOf(files)
  let seen = known
  let timer: NodeJS.Timeout | undefined
  const look = () => {
    timer = undefined
    const now = textOf(files)
    if (now === known) return
    if (now !== seen || now === '') {
      seen = now
      lookSoon() // the editor may still be writing
      return
    }
    known = now
    changed()
  }
  const lookSoon = () => (timer ??= setTimeout(look, settleMs))
  const dirs = isPolling ? [] : [...new Set(files.map(dirname))]
  const watchers = dirs.flatMap((dir) => watching(dir, lookSoon))
  const interval = setInterval(look, isPolling ? pollMs : safetyMs)
  return () => {
    clearInterval(interval)
    clearTimeout(timer)
    for (const each of watchers) each.close()
  }
}

/** A text is taken for whole if it is the same after this. */
const settleMs = 20
const pollMs = 100
const safetyMs = 1000

function watching(dir: string, hear: () => void): FSWatcher[] {
  try {
    return [watch(dir, hear).on('error', hear)]
  } catch {
    return [] // ignoring: no such directory, or no watches left; the safety look finds saves
  }
}

function textOf(files: string[]): string {
  return files.map(readIfThere).join('\0')
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // ignoring: between the removal and the new file
  }
}
