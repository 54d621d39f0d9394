/** Tests. Why an overlay cannot be mounted: each cause provoked, and not told where all is well. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { layersIn, writeLayerCause } from '../runtime/tools/explain/overlay.ts'
import type { Call } from '../runtime/calls.ts'
import { bindTo, causeIn, mount, ownMounts, tmpfs } from './explaining.ts'
import { needs, scratch } from './scratch.ts'

/** The calls that mount an overlay of the directories in `dir`. */
function overlayIn(dir: string, data: string): Call[] {
  return [
    ['chdir', dir],
    ['mount', 'overlay', 'merged', 'overlay', [], data],
  ]
}

function layersOf(...missing: string[]): string {
  const dir = scratch()
  for (const name of ['lower', 'upper', 'work', 'merged'])
    if (!missing.includes(name)) mkdirSync(join(dir, name))
  return dir
}

const ordinary = 'lowerdir=lower,upperdir=upper,workdir=work'

describe('an overlay', () => {
  test.for([['lower'], ['upper'], ['work'], ['merged']])(
    'ENOENT: %s is missing, and that is what is said',
    async ([name = ''], context) => {
      needs(context, 'root', 'overlay')
      const dir = layersOf(name)
      expect(await causeIn(...ownMounts, ...overlayIn(dir, ordinary))).toEqual({
        failed: 'mount = ENOENT',
        cause: `${name} does not exist in ${dir}`,
      })
    },
  )

  test('ENOENT: a layer is a link to nowhere', async (context) => {
    needs(context, 'root', 'overlay')
    const dir = layersOf('lower')
    symlinkSync('/no/such/layer', join(dir, 'lower'))
    expect((await causeIn(...ownMounts, ...overlayIn(dir, ordinary))).cause).toBe(
      'lower is a symbolic link to /no/such/layer: /no does not exist',
    )
  })

  test('a layer that is a file', async (context) => {
    needs(context, 'root', 'overlay')
    const dir = layersOf('lower')
    writeFileSync(join(dir, 'lower'), '')
    const { cause } = await causeIn(...ownMounts, ...overlayIn(dir, ordinary))
    expect(cause).toBe('lower is not a directory')
  })

  test('EINVAL: the write layer is on an overlay, which is named', async (context) => {
    needs(context, 'root', 'overlay')
    const dir = layersOf()
    const onTop: Call[] = [
      ['mkdir', join(dir, 'merged/upper'), 0o755],
      ['mkdir', join(dir, 'merged/work'), 0o755],
      ['chdir', dir],
      [
        'mount',
        'overlay',
        'merged',
        'overlay',
        [],
        'lowerdir=lower,upperdir=merged/upper,workdir=merged/work',
      ],
    ]
    const { failed, cause } = await causeIn(...ownMounts, ...overlayIn(dir, ordinary), ...onTop)
    expect(failed).toBe('mount = EINVAL')
    const place = `merged/upper is on overlay (mounted on ${dir}/merged)`
    expect(cause).toBe(`${place}, which cannot hold a write layer`)
  })

  test('EINVAL: upper and work lie on two mounts, both named', async (context) => {
    needs(context, 'root', 'overlay')
    const dir = layersOf()
    const calls = [tmpfs(join(dir, 'work')), ...overlayIn(dir, ordinary)]
    const { failed, cause } = await causeIn(...ownMounts, ...calls)
    expect(failed).toBe('mount = EINVAL')
    expect(cause).toMatch(/^upper is on \w+ \(mounted on \S+\), work is on tmpfs \(mounted on /)
    expect(cause).toContain(`${dir}/work): they must be on the same mount`)
  })

  test('EINVAL: the write layer is mounted read-only', async (context) => {
    needs(context, 'root', 'overlay')
    const dir = layersOf()
    const calls: Call[] = [
      bindTo(dir),
      ['mount', null, dir, null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null],
      ...overlayIn(dir, ordinary),
    ]
    const { cause } = await causeIn(...ownMounts, ...calls)
    expect(cause).toMatch(/^upper is on \w+ \(mounted on \S+\), which is read-only$/)
  })

  test('EINVAL: work lies inside upper', async (context) => {
    needs(context, 'root', 'overlay')
    const dir = layersOf()
    mkdirSync(join(dir, 'upper/work'))
    const data = 'lowerdir=lower,upperdir=upper,workdir=upper/work'
    expect((await causeIn(...ownMounts, ...overlayIn(dir, data))).cause).toBe(
      'one of upper and upper/work is inside the other',
    )
  })

  test('EINVAL: an overlay on an overlay on an overlay', async (context) => {
    needs(context, 'root', 'overlay')
    const dir = layersOf()
    for (const name of ['low2', 'one', 'two', 'three']) mkdirSync(join(dir, name))
    const over = (target: string, data: string): Call => [
      'mount',
      'overlay',
      join(dir, target),
      'overlay',
      [],
      data,
    ]
    const at = (...names: string[]) => names.map((name) => join(dir, name)).join(':')
    const { failed, cause } = await causeIn(
      ...ownMounts,
      over('one', `lowerdir=${at('lower', 'low2')}`),
      over('two', `lowerdir=${at('one', 'low2')}`),
      over('three', `lowerdir=${at('two', 'low2')}`),
    )
    expect(failed).toBe('mount = EINVAL')
    expect(cause).toBe(
      `${dir}/two is on an overlay, ${dir}/two, on another, ${dir}/one: too deep`,
    )
  })

  test.for([
    ['lowerdir=lower,upperdir=upper', 'there is an upperdir, but no workdir'],
    ['lowerdir=lower', 'there are too few lowerdirs to stack'],
  ])('EINVAL: no more than %s', async ([data = '', cause], context) => {
    needs(context, 'root', 'overlay')
    const told = await causeIn(...ownMounts, ...overlayIn(layersOf(), data))
    expect(told).toEqual({ failed: 'mount = EINVAL', cause })
  })

  test('the same layer twice', async (context) => {
    needs(context, 'root', 'overlay')
    const data = 'lowerdir=lower:lower,upperdir=upper,workdir=work'
    expect(await causeIn(...ownMounts, ...overlayIn(layersOf(), data))).toEqual({
      failed: 'mount = ELOOP',
      cause: 'lower and lower are the same, or one is inside the other',
    })
  })

  test('more options than a page', async (context) => {
    needs(context, 'root', 'overlay')
    const dir = layersOf()
    const data = `lowerdir=${'./'.repeat(2100)}lower,upperdir=upper,workdir=work`
    const { cause } = await causeIn(...ownMounts, ...overlayIn(dir, data))
    expect(cause).toBe(`its options are ${data.length} bytes; mount(2) takes 4095`)
  })

  test('nothing is told where all directories are good: an option is misspelt', async (context) => {
    needs(context, 'root', 'overlay')
    const calls = overlayIn(layersOf(), `${ordinary},no_such=option`)
    expect(await causeIn(...ownMounts, ...calls)).toEqual({ failed: 'mount = EINVAL' })
  })

  test('a file system without what a write layer needs is named, another is not', () => {
    const part = (name: string, type: string) => ({
      name,
      path: `/mnt/${name}`,
      mount: mount(`30 1 8:2 / /mnt rw - ${type} /dev/sdb1 rw`),
    })
    const cause = (type: string) => writeLayerCause(part('upper', type), part('work', type))
    const place = 'upper is on vfat (mounted on /mnt)'
    expect(cause('vfat')).toBe(`${place}, which cannot hold a write layer`)
    expect(cause('fuse.sshfs')).toContain('cannot hold a write layer')
    expect(cause('ext4')).toBeUndefined()
  })

  test('names with `:` and `,` in them are one name', () => {
    const data = 'lowerdir=a\\:b:c,upperdir=u\\,v,workdir=w'
    expect(layersIn(data)).toEqual({ lowers: ['a:b', 'c'], upper: 'u,v', work: 'w' })
  })
})
