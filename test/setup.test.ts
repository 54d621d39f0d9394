/** Tests. Set-up: quick the second time, and honest about what this machine lacks. */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { needs, scratch } from './scratch.ts'

const root = join(import.meta.dirname, '..')
const node = process.execPath

/** What a set-up prints where nothing but Node can be found. */
function secondSetup(STEPBOX_ROOT = process.env['STEPBOX_ROOT']): string {
  const env = { PATH: '/nonexistent', STEPBOX_ROOT }
  return execFileSync(node, ['runtime/setup/setup.mjs'], { cwd: root, env, encoding: 'utf8' })
}

test('a second set-up changes nothing, and does without npm, compiler and apt', (context) => {
  needs(context, 'root')
  const products = ['dist/stepbox.cjs', 'native/stepbox'].map((path) => join(root, path))
  const times = () => products.map((path) => statSync(path).mtimeMs)
  const before = times()
  const said = secondSetup()
  expect(said.trim().split('\n').slice(1)).toHaveLength(5)
  expect(said.match(/as before/g)).toHaveLength(5)
  expect(times()).toEqual(before)
})

test('the images of several data roots are remembered beside each other', (context) => {
  needs(context, 'root')
  const other = scratch()
  expect(secondSetup(other)).toContain(`busybox:latest in ${other}, from`)
  expect(secondSetup()).toMatch(/busybox:latest in .*, as before/)
  expect(secondSetup(other)).toContain(`busybox:latest in ${other}, as before`)
})

test('the bundle needs nothing but Node, and for the lab two packages', () => {
  const packs = ['main', 'more', 'chinese'].map((name) =>
    readFileSync(join(root, `dist/${name}.cjs`), 'utf8'),
  )
  const bundle = packs.join('')
  const requiredBy = (text = '') =>
    [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = '']) => name)
  const required = requiredBy(bundle)
  const own = [...bundle.matchAll(/^'(\.\/[^']+)'\(/gm)].map(([, name]) => name)
  const builtin = (name: string): boolean =>
    builtinModules.includes(name.replace('node:', '')) || own.includes(name)
  expect(required.length).toBeGreaterThan(3)
  const packages = (names: string[]) => [...new Set(names.filter((name) => !builtin(name)))].sort()
  expect(packages(required)).toEqual(['esbuild', 'typescript'])
  expect(packages(requiredBy(packs[0]))).toEqual([])
  expect(bundle).not.toMatch(/[^\x00-\x7f]/)
})

test('without a compiler there is a plan, and a word about what is missing', (context) => {
  needs(context, 'root')
  const copy = scratch()
  const parts = ['book', 'chapters', 'native', 'runtime', 'test']
  for (const part of [...parts, 'package.json', 'package-lock.json'])
    cpSync(join(root, part), join(copy, part), { recursive: true, filter: (path) => !isMade(path) })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  const env = { PATH: join(copy, 'nothing-here'), STEPBOX_ROOT: join(copy, 'data') }
  const { status, stdout } = spawnSync(node, ['runtime/setup/setup.mjs'], {
    cwd: copy,
    env,
    encoding: 'utf8',
  })
  expect(stdout).toContain('apt-get install musl-tools gcc libc6-dev')
  expect(stdout).toContain('no static busybox here: install `busybox-static`')
  expect(status).toBe(0)
  expect(existsSync(join(copy, 'native/stepbox'))).toBe(false)
  const plan = [join(copy, 'dist/stepbox.cjs'), '--chapter', 'namespaces', 'plan', 'sh']
  expect(execFileSync(node, plan, { env, encoding: 'utf8' })).toContain('unshare(CLONE_NEWPID)')
})

test('packages are installed where no service can be started', async (context) => {
  needs(context, 'root', 'unshare', 'dpkg')
  const apt: string = '../runtime/setup/apt.mjs'
  const { withoutServices } = (await import(apt)) as {
    withoutServices: (say: (text: string) => void) => Promise<{ prefix: [string, ...string[]] }>
  }
  const said: string[] = []
  const { prefix } = await withoutServices((text) => said.push(text))
  const starters = ['/usr/sbin/invoke-rc.d', '/usr/bin/deb-systemd-invoke']
  const [unshare, ...args] = [...prefix, 'sh', '-c', 'cat "$@" && "$1" x start', 'sh', ...starters]
  const inside = spawnSync(unshare, args, { encoding: 'utf8' })
  expect(inside).toMatchObject({ status: 0, stdout: '#!/bin/sh\nexit 0\n'.repeat(2), stderr: '' })
  for (const path of starters) expect(readFileSync(path, 'utf8')).toContain('policy-rc.d')
  expect(said).toEqual([expect.stringMatching(/^no service will start: .* mount namespace/)])
})

test('a program that needs a loader is not taken for a busybox', async () => {
  const machine: string = '../runtime/setup/machine.mjs'
  const { isStatic } = (await import(machine)) as { isStatic: (path: string) => boolean }
  expect(isStatic(node)).toBe(false)
  expect(isStatic(join(root, 'package.json'))).toBe(false)
  expect(isStatic('/nowhere')).toBe(false)
  if (existsSync(join(root, 'native/stepbox')))
    expect(isStatic(join(root, 'native/stepbox'))).toBe(true)
})

function isMade(path: string): boolean {
  return path === join(root, 'native/stepbox') || path === join(root, 'book/out')
}
