/** Tests. What a process in a container does to a copy: it swaps a directory for a link. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { findContainer } from '../../runtime/container/find.ts'
import { scratch } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'
import { secret } from './secret.ts'

/** In the container and on the host, at the same path: what a link leads to. */
export interface Trap {
  /** The container's name. */
  name: string
  /** The directory of the host, whose path the links have. */
  host: string
  /** The container's own `/`, as a path of the host: a naive program would use it. */
  naiveRoot: string
  /** Whether the process that swaps is there. */
  isSwapping: () => boolean
}

/**
 * A container in which /w/d is a directory or a link to a directory of the host, by turns, tens of
 * thousands of times a second. The process that does so is in the container's root.
 */
export async function trap(root: string): Promise<Trap> {
  const host = join(scratch(), 'precious')
  mkdirSync(host)
  writeFileSync(join(host, 'secret'), secret)
  const name = 'swapper'
  const script = `mkdir -p /w ${host}; echo inside >${host}/secret; touch /ready; sleep 10000`
  await stepbox(['run', '-d', '--name', name, 'busybox', 'sh', '-c', script], { root })
  const naiveRoot = `/proc/${findContainer(root, name).init?.pid}/root`
  while (!existsSync(`${naiveRoot}/ready`)) await new Promise((go) => setTimeout(go, 10))
  const swapper = swapIn(`${naiveRoot}/w`, host)
  const hasBegun = () => readdirSync(`${naiveRoot}/w`).includes('magic')
  while (!hasBegun()) await new Promise((go) => setTimeout(go, 10))
  return { name, host, naiveRoot, isSwapping: () => swapper.exitCode === null }
}

/** Swap until the test ends, or this process is gone. What a copy has put between is cleared. */
function swapIn(dir: string, host: string): ChildProcess {
  const script = `
    const { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } = require('node:fs')
    const [dir, host] = process.argv.slice(1)
    process.chdir(dir)
    function begin() {
      for (const name of ['d', 'away', 'link', 'magic'])
        rmSync(name, { recursive: true, force: true })
      mkdirSync('d/sub', { recursive: true })
      writeFileSync('d/secret', 'inside')
      symlinkSync(host, 'link')
      symlinkSync('/proc/1/root' + host, 'magic')
    }
    for (let turn = 0; turn % 1000 || process.ppid === ${process.pid}; turn++) {
      const link = turn % 2 ? 'link' : 'magic'
      try {
        if (turn % 1000 === 0) begin()
        for (const [from, to] of [['d', 'away'], [link, 'd'], ['d', link], ['away', 'd']])
          renameSync(from, to)
      } catch {
        turn = -1
      }
    }`
  const swapper = spawn(process.execPath, ['-e', script, dir, host], { stdio: 'ignore' })
  onTestFinished(() => void swapper.kill('SIGKILL'))
  return swapper
}
