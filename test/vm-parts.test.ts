/** Tests. What a machine is made of: processors, an archive, modules. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { staticBusybox } from '../runtime/tools/programs.ts'
import { cpio } from '../runtime/vm/cpio.ts'
import { kernelFor } from '../runtime/vm/kernel.ts'
import { inOrder, readModule, tables, type KernelModule } from '../runtime/vm/modules.ts'
import { boots, takesTurnsIn } from '../runtime/vm/qemu.ts'
import { needs, scratch } from './scratch.ts'

/** An emulated machine on a busy one takes its time. */
const patienceMs = 180_000

describe('whether a machine comes to life', () => {
  test(
    'is found out by starting one, and one that hangs is given up',
    async (context) => {
      needs(context, 'native', 'qemu-system-x86_64')
      const kernel = await kernelFor('stable', () => {})
      expect(await boots('tcg', kernel, { patienceMs })).toBe(true)
      const bin = scratch()
      writeFileSync(join(bin, 'qemu-system-x86_64'), '#!/bin/sh\nexec sleep 1000\n', {
        mode: 0o755,
      })
      const before = process.env['PATH']
      process.env['PATH'] = `${bin}:${before}`
      onTestFinished(() => void (process.env['PATH'] = before))
      expect(await boots('tcg', kernel, { patienceMs: 1000 })).toBe(false)
    },
    patienceMs,
  )
})

test('processors take turns in a QEMU that would run what another has overwritten', () => {
  const said = (version: string) => `QEMU emulator version ${version} (Debian 1:${version}+dfsg)`
  expect(['7.2.22', '8.0.5'].map((version) => takesTurnsIn(said(version)))).toEqual([true, true])
  expect(['8.1.0', '10.0.2'].map((version) => takesTurnsIn(said(version)))).toEqual([false, false])
  expect(takesTurnsIn('command not found')).toBe(true)
})

describe('the archive that the kernel unpacks', () => {
  test('holds each file once, behind the directories it lies in', (context) => {
    const busybox = staticBusybox()
    if (!busybox) return context.skip('blocked: no static busybox')
    const file = { type: 'file', mode: 0o755, content: Buffer.from('hello') } as const
    const files = [
      { path: 'a/b/c', ...file },
      { path: 'a/link', type: 'symlink', target: 'b/c' } as const,
      { path: 'dev/console', type: 'character', major: 5, minor: 1 } as const,
    ]
    const archive = Buffer.concat([...cpio(files)])
    const dir = scratch()
    const list = execFileSync(busybox, ['cpio', '-t', '-v'], {
      input: archive,
      encoding: 'utf8',
      stdio: 'pipe',
    })
    const shown = list.split('\n').map((line) => line.replace(/ +/g, ' ').split(' '))
    expect(shown.filter((words) => words.length > 5).map((words) => words[0])).toEqual([
      ...['drwxr-xr-x', 'drwxr-xr-x', '-rwxr-xr-x', 'lrwxrwxrwx', 'drwxr-xr-x', 'crw-------'],
    ])
    execFileSync(busybox, ['cpio', '-i'], { input: archive, cwd: dir, stdio: 'pipe' })
    expect(readFileSync(join(dir, 'a/link'), 'utf8')).toBe('hello')
  })
})

describe('modules', () => {
  const module = (name: string, ...depends: string[]): [string, KernelModule] => [
    name,
    { name, path: `kernel/${name}.ko`, depends, aliases: [`fs-${name}`] },
  ]
  const all = new Map([
    module('top', 'left', 'right'),
    module('left', 'base'),
    module('right', 'base'),
    module('base'),
  ])

  test('go in after what they need, each once, and those that are missing are left out', () => {
    const names = inOrder(['top', 'absent', 'base'], all).map(({ name }) => name)
    expect(names).toEqual(['base', 'left', 'right', 'top'])
  })

  test('are found by modprobe, with what they need', () => {
    const { dep, alias } = tables([...all.values()])
    expect(dep.split('\n')[0]).toBe('kernel/top.ko: kernel/right.ko kernel/left.ko kernel/base.ko')
    expect(alias.split('\n')[3]).toBe('alias fs-base base')
  })

  test('say of themselves what they need, and under which names they are asked for', () => {
    const text = '\0license=GPL\0alias=fs-overlay\0depends=exportfs,nls-base\0name=overlay\0'
    expect(readModule(Buffer.from(text))).toEqual({
      depends: ['exportfs', 'nls_base'],
      aliases: ['fs-overlay'],
    })
  })
})
