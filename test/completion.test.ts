/** Tests. Completion, by the shells themselves. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { rootWithBusybox } from './busybox.ts'
import { needs, scratch } from './scratch.ts'
import { program, stepbox } from './stepbox.ts'

/** What is typed, and what the shell makes of the last word, in any order. */
const lines: [typed: string, words: string[]][] = [
  ['stepbox hist', ['history']],
  ['stepbox image pr', ['prune']],
  ['stepbox run --networ', ['--network', '--network-alias']],
  ['stepbox inspect --type ', ['container', 'image']],
  ['stepbox rm ', ['mine']],
  ['stepbox network inspect ', ['bridge']],
  ['stepbox container rm m', ['mine']],
  ['stepbox history b', ['busybox', 'busybox:latest']],
  ['stepbox run --rm busy', ['busybox', 'busybox:latest']],
  ['stepbox --chapter comm', ['commit']],
  ['stepbox import roo', ['rootfs.tar']],
  ['stepbox completion ', ['bash', 'fish', 'zsh']],
  ['stepbox help rm', ['rm', 'rmi']],
  ['stepbox frob ', []],
]

/** An environment with `stepbox` on the PATH, a container `mine`, and a file to import. */
async function setting(context: TestContext, shell: string) {
  needs(context, 'root', shell)
  const [root, dir] = [await rootWithBusybox(), scratch()]
  await stepbox(['run', '--name', 'mine', 'busybox', 'true'], { root })
  mkdirSync(join(dir, 'bin'))
  symlinkSync(program, join(dir, 'bin/stepbox'))
  writeFileSync(join(dir, 'rootfs.tar'), '')
  writeFileSync(join(dir, 'completion'), (await stepbox(['completion', shell], { root })).out)
  const PATH = `${join(dir, 'bin')}:${process.env['PATH']}`
  const env = { ...process.env, PATH, STEPBOX_ROOT: root, HOME: dir }
  return (script: string) =>
    execFileSync(shell, ['-c', script], { cwd: dir, env, encoding: 'utf8' }).trim()
}

const inBash = (line: string) => `
  source ./completion
  COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDS=(${line}) COMPREPLY=()
  [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  _stepbox 2> /dev/null
  printf '%s\\n' "\${COMPREPLY[@]}"`

/** The function as zsh calls it, with its builtin in words: that works within a completion only. */
const inZsh = (line: string) => `
  compadd() { shift; print -l -- "$@" }; _files() { print rootfs.tar }; compdef() { true }
  source ./completion
  words=(${line.replace(/ $/, " ''")}); CURRENT=$#words; _stepbox`

describe('completion', () => {
  test('in bash', async (context) => {
    const bash = await setting(context, 'bash')
    for (const [line, words] of lines)
      expect([line, bash(inBash(line)).split(/\s+/).filter(Boolean).sort()]).toEqual([line, words])
    expect(bash(inBash('stepbox run --network=ho'))).toBe('host')
    expect(bash(inBash('stepbox history busybox:la'))).toBe('latest')
  }, 60_000)

  test('in fish', async (context) => {
    const fish = await setting(context, 'fish')
    const made = lines.map(([line]) => `complete -C '${line}'; echo @;`)
    const said = fish(`source completion; ${made.join(' ')}`).split('@')
    for (const [at, [line, words]] of lines.entries())
      expect([line, (said[at] ?? '').split(/\s+/).filter(Boolean).sort()]).toEqual([line, words])
  }, 60_000)

  test('in zsh', async (context) => {
    const zsh = await setting(context, 'zsh')
    for (const [line, words] of lines) {
      const said = zsh(inZsh(line)).split(/\s+/).filter((each) => each !== '')
      expect([line, said.sort()]).toEqual([line, words])
    }
  }, 60_000)

  test('is refused for a shell that there is no script for', async () => {
    const { code, err } = await stepbox(['completion', 'tcsh'], { root: scratch() })
    expect([code, err]).toEqual([125, expect.stringContaining("'tcsh'; have: bash, zsh, fish")])
  })
})
