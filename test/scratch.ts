/** Tests. What they share: a directory that goes away again, and what this machine can do. */
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, type TestContext } from 'vitest'
import { nativePath } from '../runtime/native.ts'

/** A fresh directory for the running test, removed after it. */
export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'stepbox-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** `root`, or the name of a command that must be on the PATH. */
export type Need = 'root' | (string & {})

/**
 * Say first thing in a test what it needs: `needs(context, 'root', 'skopeo')`. Where that is
 * missing the test is reported as blocked, with the reason.
 */
export function needs(context: TestContext, ...all: Need[]): void {
  for (const need of all) {
    const lacking = lack(need)
    if (lacking) context.skip(`blocked: ${lacking}`)
  }
}

/** Why `need` is not met on this machine, or undefined when it is. */
function lack(need: Need): string | undefined {
  if (need !== 'root') return onPath(need) ? undefined : `no ${need} on the PATH`
  if (process.platform !== 'linux') return 'not on Linux'
  if (process.getuid?.() !== 0) return 'not root'
  return existsSync(nativePath) ? undefined : 'the native program is not built'
}

/** The full path of `command`, found as execvp(3) would find it. */
export function onPath(command: string): string | undefined {
  const dirs = (process.env['PATH'] ?? '').split(':')
  return dirs.map((dir) => join(dir || '.', command)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
