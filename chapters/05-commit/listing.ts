/** For tests: a shell, and what is in the archive of a write layer. */
import { execFileSync } from 'node:child_process'
import type { Stack } from '../../runtime/04-overlay/stack.ts'
import { layerTar } from '../../runtime/05-commit/layer/layer.ts'
import { readTar } from '../../runtime/05-commit/tar/read.ts'
import { gathered } from '../../test/trees.ts'

export function shell(cwd: string, script: string): void {
  execFileSync('sh', ['-ec', script], { cwd })
}

/** As GNU tar lists it. */
export async function list(stack: Stack): Promise<string[]> {
  return names(await gathered(layerTar(stack)))
}

export function names(archive: Buffer): string[] {
  const text = execFileSync('tar', ['-t'], { input: archive, encoding: 'utf8' })
  return text.split('\n').slice(0, -1)
}

export async function entries(stack: Stack) {
  const found = []
  for await (const { content: _, ...entry } of readTar(layerTar(stack))) found.push(entry)
  return found
}
